"""Requests for work that is done again: what they cover, their rows, what they would change."""
