"""Topics: read from what feeds say, and kept for each episode."""
