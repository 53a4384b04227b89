"""Counts: what counts, the figures derived from it, and the proof that they agree."""
