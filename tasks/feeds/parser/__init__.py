"""The feed parser: RSS and Atom bytes to values."""
