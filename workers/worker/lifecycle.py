"""The first and the last line of a worker and of beat: what they serve, with which servers."""

from importlib.metadata import version
from typing import Any

import structlog
from celery.signals import beat_init, celeryd_after_setup, worker_shutdown

from models.settings import get_settings
from tasks.http.redaction import scrub

log = structlog.get_logger()


@celeryd_after_setup.connect
def _log_worker_start(sender: str = "", instance: Any = None, **_: Any) -> None:
    """The first line, also of Celery's own `celery worker`; then whether the servers answer."""
    from workers.worker.heartbeat import QUEUE_PREFIX  # noqa: PLC0415  it imports this package
    from workers.worker.readiness import database_failure  # noqa: PLC0415  likewise

    queues = [name for name in instance.app.amqp.queues.consume_from if QUEUE_PREFIX not in name]
    log.info(
        "worker_started",
        worker=sender,
        queues=",".join(queues),
        concurrency=instance.concurrency,
        **process_facts(),
    )
    if failure := database_failure():
        log.error("server_unavailable", server="database", message=failure)


@worker_shutdown.connect
def _log_worker_end(sender: Any = None, **_: Any) -> None:
    log.info("worker_stopped", worker=getattr(sender, "hostname", ""))


@beat_init.connect
def _log_beat_start(sender: Any = None, **_: Any) -> None:
    schedule = getattr(sender, "schedule", None) or sender.app.conf.beat_schedule
    log.info("beat_started", schedule=len(schedule), **process_facts())


def process_facts() -> dict[str, str]:
    """The version, and the servers without passwords."""
    settings = get_settings()
    database, broker = settings.database_url, settings.broker_url
    return {
        "version": version("overheard"),
        "database": scrub(database.get_secret_value()) if database else "",
        "broker": scrub(broker.get_secret_value()) if broker else "",
    }
