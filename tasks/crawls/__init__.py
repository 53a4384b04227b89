"""Crawls: which feeds are due, who polls them, what came of it, and when to look again."""
