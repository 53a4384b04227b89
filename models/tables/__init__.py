"""One class for each table."""
