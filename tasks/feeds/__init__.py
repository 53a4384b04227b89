"""Feeds: bytes to values (pure), and the store that keeps them."""
