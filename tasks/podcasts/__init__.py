"""Podcasts: added, paused, relocated, merged and removed."""
