"""Publishing from commands: to import this binds our Celery app, instead of Celery's default."""

import workers.celery_app  # noqa: F401  binds the app
from tasks.jobs.publisher import publish_waiting_jobs

__all__ = ["publish_waiting_jobs"]
