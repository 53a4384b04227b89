"""Measures what workers do, by the log line that each outcome has, and by Celery's signals."""

import time
from typing import Any

from celery import Task
from celery.signals import (
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_process_shutdown,
)
from structlog.typing import EventDict

from tasks.telemetry.aggregation import MetricAggregator

_STAGES = ("fetch_ms", "parse_ms", "store_ms")

# Of these it is also counted for which reason.
_WITH_REASON = frozenset({"job_failed", "job_dead", "feed_failed", "feed_refused"})

_aggregator: MetricAggregator | None = None  # only in processes that do work
_began: dict[str, float] = {}


def gather() -> None:
    """Measure in this process from now on."""
    global _aggregator  # noqa: PLW0603  one for each process, made after the fork
    _aggregator = MetricAggregator()
    _aggregator.start()


def stop_gathering() -> None:
    """Write down what was measured, and measure no more."""
    global _aggregator
    if _aggregator is not None:
        ending, _aggregator = _aggregator, None
        ending.end()


def record_event_metrics(_: Any, __: str, event: EventDict) -> EventDict:
    """A structlog processor: counts every line by its event, with the durations that it says."""
    if _aggregator is not None:
        _measure(_aggregator, event)
    return event


def _measure(aggregator: MetricAggregator, event: EventDict) -> None:
    name = str(event["event"])
    aggregator.count("event", name, int(event["jobs"]) if name == "messages_republished" else 1)
    if isinstance(took := event.get("took_ms"), int):
        aggregator.took("took", name, took)
    for stage in _STAGES:
        if isinstance(took := event.get(stage), int):
            aggregator.took("stage", stage.removesuffix("_ms"), took)
    if name in _WITH_REASON and event.get("reason"):
        aggregator.count("reason", f"{name} {event['reason']}")


@worker_process_init.connect
def _begin(**_: Any) -> None:
    gather()


@worker_process_shutdown.connect
def _end(**_: Any) -> None:
    stop_gathering()


@task_prerun.connect
def _task_begins(task_id: str, **_: Any) -> None:
    if _aggregator is not None:
        _began[task_id] = time.monotonic()


@task_postrun.connect
def _task_ended(task_id: str, task: Task, **_: Any) -> None:
    began = _began.pop(task_id, None)
    if _aggregator is not None and began is not None:
        _aggregator.took("task", task.name, round((time.monotonic() - began) * 1000))
