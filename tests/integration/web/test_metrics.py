"""/metrics reports what the rows contain, in Prometheus' format, whichever server is down."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from models import get_settings
from models.database import in_transaction
from tasks.telemetry.aggregation import MetricAggregator
from tasks.telemetry.health_files import index_file, touched
from tests.factories import add_podcast, execute, new_episode
from tests.heard_episodes import heard_episode
from tests.integration.web.metrics_page import fresh_metrics, metrics, value
from tests.paths import DOCS

__all__ = ["fresh_metrics"]

pytestmark = pytest.mark.usefixtures("broker", "fresh_metrics")

OPERATIONS = DOCS / "operations.md"


def add_job(state: str, *, age: timedelta = timedelta(hours=1)) -> None:
    execute(
        "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses,"
        " republished, run_after, created_at) VALUES ('parse', :subject, 'fetch', false, 5, :state,"
        " 2, 0, 0, now() - :age, now() - :age)",
        subject=new_episode(),
        state=state,
        age=age,
    )


def test_the_rows_are_shown_as_they_are(client: httpx.Client) -> None:
    add_job("waiting")
    add_job("waiting", age=timedelta(hours=2))
    add_job("waiting", age=timedelta(hours=-2))  # not due yet
    add_job("dead")
    execute("UPDATE crawl SET error_count = 1 WHERE podcast_id = (SELECT min(id) FROM podcast)")
    seen = metrics(client)
    assert value(seen, "overheard_database_up") == value(seen, "overheard_broker_up") == 1
    assert value(seen, "overheard_jobs", queue="parse", state="waiting") == 3
    assert value(seen, "overheard_jobs", queue="parse", state="dead") == 1
    assert value(seen, "overheard_job_attempts", queue="parse", state="waiting") == 6
    age = value(seen, "overheard_job_age_seconds", queue="parse", state="waiting")
    assert age == pytest.approx(7200, abs=60)
    assert value(seen, "overheard_podcasts", state="active") == 4
    assert value(seen, "overheard_feeds_followed") == 4
    assert value(seen, "overheard_feeds_due") == 4
    assert value(seen, "overheard_feeds_failing") == 1
    assert value(seen, "overheard_queue_messages", queue="parse") == 0
    assert value(seen, "overheard_drift_sample") == 0


def test_what_workers_measured_becomes_counters_and_histograms(client: httpx.Client) -> None:
    aggregator = MetricAggregator()
    for took_ms in (4, 30, 30, 200_000):
        aggregator.observe("took", "job_done", took_ms)
    aggregator.observe("stage", "parse", 7)
    aggregator.observe("task", "overheard.jobs.sweep", 7)
    for event, times in (
        ("feed_changed", 3),
        ("job_message_ignored", 2),
        ("poll_message_ignored", 1),
        ("messages_republished", 40),
        ("job_lost", 5),
    ):
        aggregator.count("event", event, times)
    aggregator.count("reason", "feed_failed http_404", 6)
    aggregator.write()
    seen = metrics(client)
    buckets = {
        dict(labels)["le"]: found
        for (name, labels), found in seen.items()
        if name == "overheard_outcome_seconds_bucket"
    }
    assert (buckets["0.005"], buckets["0.025"], buckets["0.05"]) == (1, 1, 3)
    assert (buckets["120.0"], buckets["+Inf"]) == (3, 4)
    assert value(seen, "overheard_outcome_seconds_sum", event="job_done") == 200.064
    assert value(seen, "overheard_stage_seconds_count", stage="parse") == 1
    assert value(seen, "overheard_task_seconds_count", task="overheard.jobs.sweep") == 1
    sweep_age = value(seen, "overheard_sweep_age_seconds")
    assert sweep_age is not None
    assert sweep_age < 60
    assert value(seen, "overheard_polls_total", outcome="changed") == 3
    assert value(seen, "overheard_messages_ignored_total") == 3
    assert value(seen, "overheard_messages_republished_total") == 40
    assert value(seen, "overheard_worker_losses_total") == 5
    assert value(seen, "overheard_failures_total", event="feed_failed", reason="http_404") == 6


def test_metrics_match_the_operations_page(
    client: httpx.Client, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OVERHEARD_READ_DATABASE_URL", database)
    monkeypatch.setenv("OVERHEARD_SEARCH_INDEX", str(tmp_path))
    touched(index_file(tmp_path))
    get_settings.cache_clear()
    add_job("dead")
    aggregator = MetricAggregator()
    aggregator.observe("task", "overheard.jobs.sweep", 7)
    aggregator.write()
    execute("UPDATE crawl SET last_ok_at = now()")
    heard_episode(in_transaction(add_podcast), [(0, "Hello.")])
    execute("UPDATE transcription SET finished_at = now()")
    families = re.findall(r"^# TYPE (overheard_\w+) ", client.get("/metrics").text, re.MULTILINE)
    _, _, after = OPERATIONS.read_text().partition("\n## Metrics\n")
    documented = re.findall(r"^\| `([^`{]+)", after.split("\n## ")[0], re.MULTILINE)
    assert sorted(documented) == sorted(families)


def test_those_who_ask_within_seconds_share_an_answer(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.metrics.CACHE_SECONDS", 3600.0)
    before = client.get("/metrics").text
    add_job("dead")
    assert client.get("/metrics").text == before


def test_with_a_token_set_only_who_sends_it_reads(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_METRICS_TOKEN", "open-sesame")
    get_settings.cache_clear()
    try:
        for wrong in ({}, {"Authorization": "Bearer open"}, {"Authorization": "open-sesame"}):
            assert client.get("/metrics", headers=wrong).status_code == 401
        right = client.get("/metrics", headers={"Authorization": "Bearer open-sesame"})
        assert "overheard_database_up" in right.text
    finally:
        get_settings.cache_clear()


def test_an_empty_token_leaves_it_open(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_METRICS_TOKEN", "")
    get_settings.cache_clear()
    try:
        assert client.get("/metrics").status_code == 200
    finally:
        get_settings.cache_clear()
