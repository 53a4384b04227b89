"""Stored counts: updated with every change, recomputed and verified."""
