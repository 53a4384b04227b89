"""Re-ingest requests: by scope and stage, with a dry run."""
