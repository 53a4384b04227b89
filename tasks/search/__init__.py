"""Search over everything said: its language, its index, and what is found. Never the truth."""
