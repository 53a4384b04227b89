"""Jobs: claimed, renewed, finished, retried and published, all by the row."""
