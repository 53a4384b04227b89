"""Suggestions: who is likely one person, and who likely two, for somebody to decide."""
