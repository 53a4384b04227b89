"""Overheard as users get it: the wheel in an empty environment, and Compose in a real engine."""
