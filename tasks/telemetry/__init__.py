"""Metrics of workers, and their heartbeat."""
