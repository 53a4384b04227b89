"""Feeds: parsed to values, matched with known episodes, stored."""
