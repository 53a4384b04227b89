"""The search index beside the rows: written, queried, highlighted."""
