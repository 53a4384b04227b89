"""Links that people have at hand, and the feeds that they lead to."""
