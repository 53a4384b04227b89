"""Metrics of workers, from log events and Celery's signals."""

import time
from typing import TYPE_CHECKING, Any

from celery import Task
from celery.signals import (
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_process_shutdown,
)
from structlog.typing import EventDict

if TYPE_CHECKING:
    from tasks.telemetry.aggregation import MetricAggregator

_STAGES = ("fetch_ms", "parse_ms", "store_ms")

# These events are also counted by reason.
_WITH_REASON = frozenset({"job_failed", "job_dead", "feed_failed", "feed_refused"})

_aggregator: "MetricAggregator | None" = None  # only in processes that run tasks
_started_at: dict[str, float] = {}


def start_collecting() -> None:
    """Collect metrics in this process from now on."""
    from tasks.telemetry.aggregation import MetricAggregator  # noqa: PLC0415  not for beat

    global _aggregator  # noqa: PLW0603  one for each process, created after the fork
    _aggregator = MetricAggregator()
    _aggregator.start()


def stop_collecting() -> None:
    """Save the metrics of this process, and collect no more."""
    global _aggregator
    if _aggregator is not None:
        ending, _aggregator = _aggregator, None
        ending.end()


def record_event_metrics(_: Any, __: str, event: EventDict) -> EventDict:
    """Count log lines by event and record their durations (a structlog processor)."""
    if _aggregator is not None:
        _record(_aggregator, event)
    return event


def _record(aggregator: "MetricAggregator", event: EventDict) -> None:
    name = str(event["event"])
    aggregator.count("event", name, int(event["jobs"]) if name == "messages_republished" else 1)
    if isinstance(took := event.get("took_ms"), int):
        aggregator.observe("took", name, took)
    for stage in _STAGES:
        if isinstance(took := event.get(stage), int):
            aggregator.observe("stage", stage.removesuffix("_ms"), took)
    if name in _WITH_REASON and event.get("reason"):
        aggregator.count("reason", f"{name} {event['reason']}")


@worker_process_init.connect
def _on_process_start(**_: Any) -> None:
    start_collecting()


@worker_process_shutdown.connect
def _on_process_exit(**_: Any) -> None:
    stop_collecting()


@task_prerun.connect
def _on_task_start(task_id: str, **_: Any) -> None:
    if _aggregator is not None:
        _started_at[task_id] = time.monotonic()


@task_postrun.connect
def _on_task_end(task_id: str, task: Task, **_: Any) -> None:
    started_at = _started_at.pop(task_id, None)
    if _aggregator is not None and started_at is not None:
        _aggregator.observe("task", task.name, round((time.monotonic() - started_at) * 1000))
