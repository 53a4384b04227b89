"""Transcripts: selected, parsed into segments, and stored as a difference."""
