"""Counts as rows: updated with every change, recomputed and verified."""
