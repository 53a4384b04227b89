"""Engines of speech to text, a file each, behind the protocols in `protocols.py`."""
