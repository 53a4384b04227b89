"""Digests in the database: what they are made of, and those that were published."""
