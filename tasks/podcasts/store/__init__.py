"""Podcasts, their due times, merges and relocations as rows."""
