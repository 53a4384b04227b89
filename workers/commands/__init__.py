"""The commands of `overheard`, by what they are about."""
