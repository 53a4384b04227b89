"""The feed parser: from the bytes of RSS and Atom documents to values."""
