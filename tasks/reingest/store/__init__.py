"""Re-ingest requests as rows, and their dry run."""
