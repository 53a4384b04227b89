"""Transcripts: selected, parsed to segments, stored by difference."""
