"""The processes: Celery app and schedule, command line, logging, embedded servers."""
