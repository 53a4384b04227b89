"""The only place that talks HTTP: client, guard, limits."""
