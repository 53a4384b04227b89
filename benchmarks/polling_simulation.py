"""Thirty days of polling 2,000 feeds on a controlled clock, beside polling at fixed intervals."""
