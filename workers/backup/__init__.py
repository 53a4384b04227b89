"""Backups: all rows in one file, and a restore that proves that they are the same."""
