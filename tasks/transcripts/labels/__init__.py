"""Speaker labels: where they stand in a text, and which are valid."""
