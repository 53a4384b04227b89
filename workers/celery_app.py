"""The Celery app: settings, queues, routes, schedule and tasks.

Every setting below was measured or has caused a failure (docs/adr/0005-celery-settings.md).
"""

import os
from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue

import workers.worker.celery_logging  # connects its signal
import workers.worker.correlation  # connects its signals
import workers.worker.gc_freeze  # connects its signal
import workers.worker.lifecycle  # connects its signals
import workers.worker.redis_transport  # registers the transport
import workers.worker.telemetry_signals  # noqa: F401  connects its signals
from models.redis_urls import celery_url
from models.settings import Settings, get_settings
from models.tls import broker_tls
from workers.schedule import beat_schedule, subjects

QUEUES = ("poll", "parse", "transcribe", "ops")

# At SIGTERM a worker stops consuming, finishes what it can, and releases the rest.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

# Seconds. The soft limit raises an exception in a task, the hard limit kills its process. A message
# is delivered again only well after both. A shutdown waits long enough for most jobs.
SOFT_LIMIT, HARD_LIMIT, VISIBILITY_TIMEOUT, SOFT_SHUTDOWN = 120, 150, 600, 20
SOCKET_TIMEOUT, HEARTBEAT = 15, 30

# Tasks without a route, such as the scheduled ones, go to the queue ``ops``.
ROUTES = {
    "overheard.polling.poll_feeds": {"queue": "poll"},
    "overheard.websub.send_hub_requests": {"queue": "poll"},
    "overheard.ingest.*": {"queue": "parse"},
    "overheard.counts.*": {"queue": "parse"},
    "overheard.speech.transcribe_episode": {"queue": "transcribe"},
}


class BrokerMissing(RuntimeError):
    """No broker is configured, and none was started."""


def celery_settings(settings: Settings) -> dict[str, Any]:
    """Celery's configuration for these settings.

    Raises:
        BrokerMissing: there is no broker URL.
    """
    if settings.broker_url is None:
        raise BrokerMissing("no broker: set OVERHEARD_BROKER_URL")
    url = settings.broker_url.get_secret_value()
    return {
        "broker_url": celery_url(url),
        "broker_use_ssl": broker_tls(url),
        "broker_transport_options": _transport_options(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 10,
        "broker_pool_acquire_timeout": 10,
        "broker_heartbeat": HEARTBEAT,  # RabbitMQ's
        "task_queues": [_queue(name) for name in QUEUES],
        "task_default_queue": "ops",
        "task_routes": ROUTES,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        "task_soft_time_limit": SOFT_LIMIT,
        "task_time_limit": HARD_LIMIT,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "worker_prefetch_multiplier": 1,
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN,
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "beat_scheduler": "workers.worker.beat:Scheduler",
        "beat_max_loop_interval": 1,
        "beat_schedule": beat_schedule(settings),
        "timezone": "UTC",
    }


def _queue(name: str) -> Queue:
    """A queue with a binding of its own: a message to one exchange reaches one queue.

    RabbitMQ gives priorities to queues that declare them; two are enough: live and background.
    """
    exchange = Exchange(name, type="direct")  # type: ignore[no-untyped-call]
    return Queue(name, exchange, routing_key=name, max_priority=1)  # type: ignore[no-untyped-call]


def _transport_options(settings: Settings) -> dict[str, Any]:
    if settings.redis_broker is None:
        return {"read_timeout": SOCKET_TIMEOUT, "write_timeout": SOCKET_TIMEOUT}
    return {
        "global_keyprefix": settings.broker_prefix,
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 15,
        "unacked_restore_throttle": 1,
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "retry_on_timeout": False,
    }


def _defaults() -> dict[str, Any]:
    """Celery's settings, read late, so that a command can start the embedded servers first."""
    return celery_settings(get_settings())


app = Celery("overheard", events="workers.worker.monitoring_events:Events", set_as_current=True)
app.set_default()
app.add_defaults(_defaults)
app.autodiscover_tasks(subjects)


def reset_connections() -> None:
    """Drop all connections of this process, because its servers have changed."""
    from models.database import forget_engine  # noqa: PLC0415  beat has no connection to it

    get_settings.cache_clear()
    forget_engine()
    app.pool.force_close_all() if app._pool else None  # noqa: SLF001  there is no public way
