"""Feeds: parsed to values, their items matched with known episodes, and stored."""
