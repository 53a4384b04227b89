"""The error that Celery raises in a task at its soft time limit, for code without Celery."""

from celery.exceptions import SoftTimeLimitExceeded

__all__ = ["SoftTimeLimitExceeded"]
