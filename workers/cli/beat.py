"""The command that runs Celery's beat."""

from models.settings import get_settings
from workers.celery_app import app
from workers.worker.beat import Beat
from workers.worker.celery_logging import begin_service_logs


def beat() -> None:
    """Run the scheduler, which sends the periodic ticks."""
    begin_service_logs("beat")
    Beat(app=app, loglevel=get_settings().log_level, quiet=True).run()
