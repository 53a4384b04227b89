"""Counts of people by podcast and day, and their verification."""
