"""Metrics of processes, and the heartbeat of workers."""
