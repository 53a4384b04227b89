"""The Celery app: how messages travel, what is scheduled, and which tasks there are.

Every setting below was measured or has burnt somebody; docs/decisions/0005-celery.md says which.
"""

import os
from typing import Any

from celery import Celery
from kombu.entity import Queue

import workers.worker.correlation  # its signals: messages carry what they follow from
import workers.worker.gc_freeze  # noqa: F401  its signal: what is loaded is kept before processes are forked
from models import Settings, get_settings
from models.database import forget_engine
from workers.schedule import beat_schedule, subjects

QUEUES = ("poll", "parse", "transcribe", "ops")

# A worker that gets SIGTERM stops taking work, finishes what it can, and gives back the rest.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

# Seconds. The soft limit ends a task with an exception, the hard one kills its process; a message
# is delivered again only well after both, and a stop waits for the work of most jobs.
SOFT_LIMIT, HARD_LIMIT, VISIBILITY_TIMEOUT, SOFT_SHUTDOWN = 120, 150, 600, 20

# Ticks and everything that is not named here go to the queue ``ops``.
ROUTES = {
    "overheard.polling.poll_feeds": {"queue": "poll"},
    "overheard.websub.send_hub_requests": {"queue": "poll"},
    "overheard.ingest.*": {"queue": "parse"},
    "overheard.counts.*": {"queue": "parse"},
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
    return {
        "broker_url": settings.broker_url.get_secret_value(),
        "broker_transport_options": _transport_options(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 10,
        "broker_pool_acquire_timeout": 10,
        "task_queues": [Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
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


def _transport_options(settings: Settings) -> dict[str, Any]:
    return {
        "global_keyprefix": settings.broker_prefix,
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 15,
        "unacked_restore_throttle": 1,
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "retry_on_timeout": False,
    }


def _defaults() -> dict[str, Any]:
    """Read late, so that the command line may start the embedded servers first."""
    return celery_settings(get_settings())


app = Celery("overheard", set_as_current=True)
app.set_default()
app.add_defaults(_defaults)
app.autodiscover_tasks(subjects)


def reset_connections() -> None:
    """Forget every connection of this process: the servers behind them have changed."""
    get_settings.cache_clear()
    forget_engine()
    app.pool.force_close_all() if app._pool else None  # noqa: SLF001  nothing public does it
