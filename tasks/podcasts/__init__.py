"""Podcasts: add, find, pause, remove, merge, relocate, and make due by notifications."""
