"""Metrics: aggregated in a process, summed over all, buffered while the database is down."""

import pytest
import structlog

from models import get_settings
from models.database import forget_engine
from tasks.telemetry.aggregation import MetricAggregator
from tests.factories import rows
from workers.worker import metrics_signals as measuring

pytestmark = pytest.mark.usefixtures("database")

STORED_METRICS = "SELECT name, label, bucket, count, total_ms FROM metric_bucket ORDER BY 1, 2, 3"


def stored_metrics() -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in rows(STORED_METRICS)]


def test_metrics_of_two_processes_are_summed() -> None:
    for _ in range(2):
        aggregator = MetricAggregator()
        aggregator.observe("took", "job_done", 7)
        aggregator.observe("took", "job_done", 10)
        aggregator.observe("took", "job_done", 999_999)
        aggregator.count("event", "job_done", 3)
        aggregator.write()
    assert stored_metrics() == [
        ("event", "job_done", 0, 6, 0),
        ("took", "job_done", 1, 4, 34),
        ("took", "job_done", 14, 2, 1_999_998),
    ]


def test_metrics_survive_an_unavailable_database(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aggregator = MetricAggregator()
    aggregator.count("event", "job_done")
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    get_settings.cache_clear()
    forget_engine()
    aggregator.write()
    aggregator.count("event", "job_done")
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", database)
    get_settings.cache_clear()
    forget_engine()
    aggregator.write()
    assert stored_metrics() == [("event", "job_done", 0, 2, 0)]


def test_metrics_of_log_events_have_durations_and_reasons() -> None:
    structlog.configure(
        processors=[measuring.record_event_metrics, structlog.processors.KeyValueRenderer()],
        cache_logger_on_first_use=False,
    )
    log = structlog.get_logger()
    log.info("job_done", took_ms=30, fetch_ms=20, parse_ms=4)  # nobody gathers yet
    measuring.start_collecting()
    log.info("job_done", took_ms=30, fetch_ms=20, parse_ms=4)
    log.warning("job_failed", took_ms=2, reason="http_404")
    log.warning("messages_republished", jobs=7)
    measuring.stop_collecting()
    log.info("job_done", took_ms=30)
    assert stored_metrics() == [
        ("event", "job_done", 0, 1, 0),
        ("event", "job_failed", 0, 1, 0),
        ("event", "messages_republished", 0, 7, 0),
        ("reason", "job_failed http_404", 0, 1, 0),
        ("stage", "fetch", 2, 1, 20),
        ("stage", "parse", 0, 1, 4),
        ("took", "job_done", 3, 1, 30),
        ("took", "job_failed", 0, 1, 2),
    ]
