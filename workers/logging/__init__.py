"""Logging: configuration, local log files, and their reader."""
