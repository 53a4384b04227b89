"""Queues as an operator sees them: open, draining, or paused; decisions over rows."""
