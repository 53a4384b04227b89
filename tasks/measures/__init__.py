"""Measures: counts and durations of what happened, gathered in a process and summed in rows."""
