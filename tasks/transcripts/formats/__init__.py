"""A parser for each transcript format."""
