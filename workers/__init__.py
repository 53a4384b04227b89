"""The processes: Celery app and schedule, command line, logging, embedded servers."""

# Binds the app: without it a task sent from here would go to Celery's default AMQP broker.
from workers.celery_app import app

__all__ = ["app"]
