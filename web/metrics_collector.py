"""Makes metrics of what the rows and the broker say; a server that is away is a metric too."""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models import MetricBucket, get_settings
from models.database import DatabaseMissing, database_time, in_transaction
from models.queries import metrics
from models.queries.health import ServerHealth, WorkHealth, server, work
from models.queries.metrics import FeedMetrics, UnfinishedJobs
from models.queries.replica import replica_health
from models.queries.visibility import POLLED_STATES
from tasks.counts.store.drift_sample import drift_in_sample
from tasks.jobs.broker import BrokerUnavailable, queue_length
from tasks.jobs.publisher import TASK_BY_KIND
from tasks.telemetry.health_files import age_of, index_file
from tasks.telemetry.values import BOUNDS_MS
from web.speech_metrics import SpeechRows, read_speech, speech_metrics
from workers.celery_app import QUEUES, BrokerMissing, app
from workers.local.index_folder import search_folder

BROKER_SECONDS = 2.0
DRIFT_SECONDS = 60.0

Measured = Sequence[MetricBucket]

_HISTOGRAMS = {
    "took": ("overheard_outcome_seconds", "Duration of what ended in this event.", "event"),
    "stage": ("overheard_stage_seconds", "Duration of the stages of a parse job.", "stage"),
    "task": ("overheard_task_seconds", "Duration of a task, by its name.", "task"),
}
# Counters by a name of their own, from the events that make them.
_COUNTERS = {
    "overheard_messages_ignored": (
        "Messages that found nothing to claim: they came twice, or late.",
        ("job_message_ignored", "poll_message_ignored"),
    ),
    "overheard_messages_republished": (
        "Messages that no worker took, and that the sweeper published again.",
        ("messages_republished",),
    ),
    "overheard_worker_losses": (
        "Jobs and polls whose worker was lost.",
        ("job_lost", "poll_worker_lost"),
    ),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """What one transaction read."""

    work: WorkHealth
    jobs: Iterable[UnfinishedJobs]
    podcasts: dict[str, int]
    feeds: FeedMetrics
    server: ServerHealth
    measured: Measured
    speech: SpeechRows


class Measurements(Collector):
    """All metrics, read again at each scrape."""

    def __init__(self) -> None:
        # One thread: a broker that hangs holds up this one, and no second.
        self._broker = ThreadPoolExecutor(1, "metrics-broker")
        self._pending: Future[dict[str, int]] | None = None
        self._drift: tuple[float, int] | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering asks no server."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read everything once."""
        began = time.monotonic()
        try:
            rows, drift = in_transaction(_read), self._sampled()
        except (DBAPIError, DatabaseMissing):
            yield _gauge("overheard_database_up", "1: the database answers.", 0)
        else:
            yield _gauge("overheard_database_up", "1: the database answers.", 1)
            yield _gauge("overheard_drift_sample", "Of a small sample, counted wrongly.", drift)
            yield from _from_rows(rows)
            yield from _from_measures(rows.measured)
            yield from speech_metrics(rows.speech)
        yield from _from_replica()
        yield from _from_index()
        yield from self._from_broker()
        yield _gauge(
            "overheard_scrape_seconds",
            "Time that it took to read all this.",
            time.monotonic() - began,
        )

    def _sampled(self) -> int:
        """The drift of a sample, which is drawn once in a minute."""
        now = time.monotonic()
        if self._drift is None or now - self._drift[0] > DRIFT_SECONDS:
            self._drift = now, in_transaction(drift_in_sample)
        return self._drift[1]

    def _from_broker(self) -> Iterator[Metric]:
        if self._pending is None or self._pending.done():
            self._pending = self._broker.submit(_queue_lengths)
        try:
            lengths = self._pending.result(timeout=BROKER_SECONDS)
        except (TookTooLong, BrokerUnavailable, BrokerMissing):
            yield _gauge("overheard_broker_up", "1: the broker answers.", 0)
            return
        yield _gauge("overheard_broker_up", "1: the broker answers.", 1)
        family = GaugeMetricFamily(
            "overheard_queue_messages", "Messages that wait.", labels=["queue"]
        )
        for queue, length in lengths.items():
            family.add_metric([queue], length)
        yield family


def _from_replica() -> Iterator[Metric]:
    """Whether the replica answers, and how far it is behind; nothing without one."""
    if not get_settings().read_database_url:
        return
    up = "1: the replica answers."
    try:
        health = replica_health()
    except (DBAPIError, DatabaseMissing):
        yield _gauge("overheard_replica_up", up, 0)
        return
    yield _gauge("overheard_replica_up", up, 1)
    yield _gauge("overheard_replica_lag_seconds", "It is behind for.", health.lag_seconds)


def _from_index() -> Iterator[Metric]:
    """When the indexer was last up to date; nothing where this process sees no index."""
    age = age_of(index_file(search_folder()))
    if age is not None:
        yield _gauge("overheard_index_age_seconds", "Since the index was up to date.", age)


def _read(session: Session) -> Rows:
    metrics.limit_statement_time(session)
    now = database_time(session)
    return Rows(
        work=work(session, now),
        jobs=metrics.unfinished_jobs(session, now),
        podcasts=metrics.podcasts_by_state(session),
        feeds=metrics.feed_metrics(session, now),
        server=server(session),
        measured=metrics.metric_buckets(session),
        speech=read_speech(session, now),
    )


def _queue_lengths() -> dict[str, int]:
    return {queue: queue_length(app, queue) for queue in QUEUES}


def _from_rows(rows: Rows) -> Iterator[Metric]:
    yield from _jobs(rows.jobs)
    podcasts = GaugeMetricFamily("overheard_podcasts", "Podcasts by state.", labels=["state"])
    for state, count in rows.podcasts.items():
        podcasts.add_metric([state], count)
    yield podcasts
    for name, says, value in (
        ("jobs_stuck", "Running jobs whose lease ran out.", rows.work.stuck),
        ("feeds_due", "Feeds that are due.", rows.work.feeds_due),
        ("feeds_followed", "Feeds that are followed.", _followed(rows.podcasts)),
        ("feeds_overdue_seconds", "The oldest is due for.", rows.work.feed_seconds or 0),
        ("feeds_failing", "Followed feeds whose last poll failed.", rows.feeds.failing),
        ("feed_ok_age_seconds", "Since the last successful poll of any feed.", rows.feeds.last_ok),
        ("sweep_age_seconds", "Since a sweep was measured.", rows.work.sweep_seconds),
        ("database_bytes", "Size of the database.", rows.feeds.bytes),
        ("database_connections", "Connections in use.", rows.server.connections),
        ("database_connections_max", "Connections allowed.", rows.server.max_connections),
    ):
        if value is not None:
            yield _gauge(f"overheard_{name}", says, value)


def _followed(podcasts: dict[str, int]) -> int:
    return sum(podcasts.get(state, 0) for state in POLLED_STATES)


def _jobs(rows: Iterable[UnfinishedJobs]) -> Iterator[Metric]:
    labels = ["queue", "state"]
    jobs = GaugeMetricFamily("overheard_jobs", "Jobs that are not done.", labels=labels)
    oldest = GaugeMetricFamily(
        "overheard_job_age_seconds", "Of the oldest; waiting: since due.", labels=labels
    )
    attempts = GaugeMetricFamily(
        "overheard_job_attempts", "Failed attempts of these jobs.", labels=labels
    )
    for row in rows:
        at = [TASK_BY_KIND.get(row.kind, ("", row.kind))[1], row.state]
        jobs.add_metric(at, row.jobs)
        attempts.add_metric(at, row.attempts)
        oldest.add_metric(at, row.oldest or 0.0)
    yield from (jobs, oldest, attempts)


def _from_measures(rows: Measured) -> Iterator[Metric]:
    by_name = {name: list(group) for name, group in groupby(rows, key=lambda row: row.name)}
    counts = {row.label: row.count for row in by_name.get("event", [])}
    for name, (says, events) in _COUNTERS.items():
        yield CounterMetricFamily(name, says, sum(counts.get(event, 0) for event in events))
    yield _labelled(
        "overheard_events",
        "Log lines of workers, by event.",
        ["event"],
        {(event,): count for event, count in counts.items()},
    )
    yield _labelled(
        "overheard_polls",
        "Polls of feeds, by outcome.",
        ["outcome"],
        {
            (event[5:],): count
            for event, count in counts.items()
            if event in {"feed_changed", "feed_unchanged", "feed_failed", "feed_refused"}
        },
    )
    yield _labelled(
        "overheard_failures",
        "What failed, by event and reason.",
        ["event", "reason"],
        {tuple(row.label.split(" ", 1)): row.count for row in by_name.get("reason", [])},
    )
    for name, (metric, says, label_name) in _HISTOGRAMS.items():
        yield _histogram(metric, says, label_name, by_name.get(name, []))


def _histogram(metric: str, says: str, label_name: str, rows: Measured) -> Metric:
    family = HistogramMetricFamily(metric, says, labels=[label_name])
    bounds = [*(str(bound / 1000) for bound in BOUNDS_MS), "+Inf"]
    for label, group in groupby(rows, key=lambda row: row.label):
        found = {row.bucket: (row.count, row.total_ms) for row in group}
        counts = [found.get(bucket, (0, 0))[0] for bucket in range(len(bounds))]
        buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
        family.add_metric([label], buckets, sum(total for _, total in found.values()) / 1000)
    return family


def _labelled(name: str, says: str, labels: list[str], counts: dict[Any, int]) -> Metric:
    family = CounterMetricFamily(name, says, labels=labels)
    for label, count in counts.items():
        family.add_metric(list(label), count)
    return family


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)
