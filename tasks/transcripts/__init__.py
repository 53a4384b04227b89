"""Transcripts: one file per format (pure), the choice between them, and the store."""
