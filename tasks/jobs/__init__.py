"""Jobs: rows that are claimed, run, retried and swept."""
