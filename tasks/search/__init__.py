"""The full-text index of segments: indexer, queries, highlighting."""
