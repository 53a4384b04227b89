"""Re-ingest requests in the database, and their dry run."""
