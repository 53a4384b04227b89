"""The `overheard` command, a module for each group of verbs."""
