"""Every alert fires when its fault is there, and none when all is well."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import yaml
from celery import Celery
from sqlmodel import Session

from models import get_settings
from models.database import forget_engine, in_transaction
from models.queries.health import ServerHealth, server
from models.queries.replica import ReplicaHealth
from tasks.telemetry.aggregation import MetricAggregator
from tasks.telemetry.health_files import index_file, touched
from tests.factories import add_podcast, execute, new_episode, spoken, store
from tests.integration.web.metrics_page import Rule, fresh_metrics, metrics
from tests.integration.web.test_metrics import add_job
from tests.paths import ROOT
from tests.servers.valkeys import valkey
from workers.celery_app import celery_settings

__all__ = ["fresh_metrics"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("broker", "fresh_metrics")]

OPS = ROOT / "ops"
PROMTOOL = shutil.which("promtool")
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((OPS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
# Prometheus' own: whether it could ask us at all.
NOT_OURS = {"OverheardDown"}

HOUR = timedelta(hours=1)


def drift() -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: one"))
    execute("UPDATE person SET appearances = 7")


def no_sweep() -> None:
    measured("task", "overheard.jobs.sweep")
    execute("UPDATE metric_bucket SET updated_at = now() - interval '1 h'")


def measured(name: str, label: str, times: int = 1) -> None:
    aggregator = MetricAggregator()
    aggregator.count(name, label, times)
    aggregator.write()


def stuck() -> None:
    add_job("running", age=HOUR)
    execute("UPDATE job SET lease_expires_at = now() - interval '1 h', started_at = created_at")


def overdue() -> None:
    in_transaction(add_podcast)
    execute("UPDATE crawl SET next_poll_at = now() - interval '1 h'")


def failing() -> None:
    in_transaction(add_podcast)
    execute("UPDATE crawl SET error_count = 3")


FAULTS: dict[str, Callable[[], Any]] = {
    "CountsDrift": drift,
    "SweeperDown": no_sweep,
    "JobsOverdue": lambda: add_job("waiting", age=HOUR),
    "JobsStuck": stuck,
    "JobsDead": lambda: add_job("dead"),
    "FeedsOverdue": overdue,
    "MostFeedsFail": failing,
    "WorkersLost": lambda: measured("event", "job_lost", 11),
    "MessagesRepublished": lambda: measured("event", "messages_republished", 1001),
}


@contextmanager
def unreachable(monkeypatch: pytest.MonkeyPatch, setting: str) -> Iterator[None]:
    """A server that a setting names and that does not answer."""
    with monkeypatch.context() as patch:
        patch.setenv(setting, "postgresql://nobody@127.0.0.1:1/nothing")
        get_settings.cache_clear()
        forget_engine()
        yield
    get_settings.cache_clear()
    forget_engine()


def without_database(monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[None]:
    return unreachable(monkeypatch, "OVERHEARD_DATABASE_URL")


@contextmanager
def without_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's own broker is killed: it was there before, and nobody else's hangs on it."""
    with monkeypatch.context() as patch:
        with valkey() as url:
            patch.setenv("OVERHEARD_BROKER_URL", url)
            get_settings.cache_clear()
            app = Celery("metrics", set_as_current=False)
            app.conf.update(celery_settings(get_settings()))
            patch.setattr("web.metrics_collector.app", app)
        yield
        app.close()
    get_settings.cache_clear()


def _few_connections(session: Session) -> ServerHealth:
    return replace(server(session), connections=9, max_connections=10)


@contextmanager
def few_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is in use counts as too much: filling a server's connections would fail its others."""
    with monkeypatch.context() as patch:
        patch.setattr("web.metrics_collector.server", _few_connections)
        yield


def replica_away(monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[None]:
    return unreachable(monkeypatch, "OVERHEARD_READ_DATABASE_URL")


@contextmanager
def replica_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A replica that says that it is late; test_replica.py has a real one."""
    with monkeypatch.context() as patch:
        patch.setenv("OVERHEARD_READ_DATABASE_URL", os.environ["OVERHEARD_DATABASE_URL"])
        patch.setattr("web.metrics_collector.replica_health", lambda: ReplicaHealth(True, 61.0))
        get_settings.cache_clear()
        yield
    get_settings.cache_clear()


@contextmanager
def indexer_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An index that no process has updated for an hour."""
    with monkeypatch.context() as patch, TemporaryDirectory() as folder:
        patch.setenv("OVERHEARD_SEARCH_INDEX", folder)
        get_settings.cache_clear()
        updated = index_file(Path(folder))
        touched(updated)
        os.utime(updated, (time.time() - HOUR.total_seconds(),) * 2)
        yield
    get_settings.cache_clear()


SURROUNDINGS: dict[str, Callable[[pytest.MonkeyPatch], AbstractContextManager[None]]] = {
    "DatabaseDown": without_database,
    "BrokerDown": without_broker,
    "IndexerDown": indexer_away,
    "ReplicaDown": replica_away,
    "ReplicaBehind": replica_behind,
    "DatabaseConnectionsHigh": few_connections,
}


@pytest.mark.parametrize("name", sorted(RULES.keys() - NOT_OURS))
def test_an_alert_fires_when_its_fault_is_there_and_not_before(
    name: str, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction(lambda session: add_podcast(session, due=None))
    measured("task", "overheard.jobs.sweep")
    rule = Rule.of(RULES[name]["expr"])
    before = metrics(client)
    assert not rule.fires(before, before)
    if fault := FAULTS.get(name):
        fault()
    surroundings = SURROUNDINGS.get(name)
    with surroundings(monkeypatch) if surroundings else nullcontext():
        assert rule.fires(before, metrics(client))


def test_every_alert_has_its_fault_here_and_says_what_to_do() -> None:
    assert RULES.keys() - NOT_OURS == FAULTS.keys() | SURROUNDINGS.keys()
    for rule in RULES.values():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "action"}


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool here (Debian's package prometheus)")
def test_prometheus_accepts_rules_dashboard_and_metrics(
    client: httpx.Client, tmp_path: Path
) -> None:
    shown = [
        {
            "record": "shown",
            "expr": one.replace("$__rate_interval", "5m"),
            "labels": {"number": str(number)},
        }
        for number, one in enumerate(dashboard_expressions())
    ]
    (tmp_path / "shown.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "shown", "rules": shown}]})
    )
    promtool("check", "rules", str(OPS / "alerts.yml"), str(tmp_path / "shown.yml"))
    promtool("check", "config", "--syntax-only", str(OPS / "prometheus.yml"))
    promtool("check", "metrics", given=client.get("/metrics").text)


def promtool(*words: str, given: str = "") -> None:
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, *words], input=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def dashboard_expressions() -> list[str]:
    dashboard = json.loads((OPS / "grafana/dashboards/overheard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_every_metric_of_the_dashboard_is_one_of_ours(client: httpx.Client) -> None:
    add_job("dead")
    execute("UPDATE crawl SET last_ok_at = now()")
    for name, label in (
        ("event", "feed_changed"),
        ("reason", "feed_failed x"),
        ("took", "x"),
        ("stage", "x"),
        ("task", "overheard.jobs.sweep"),
    ):
        measured(name, label)
    there = {name for name, _ in metrics(client)}
    used = {
        name
        for expression in dashboard_expressions()
        for name in re.findall(r"overheard_\w+", expression)
    }
    assert used
    assert used - there == set()


def test_the_metrics_are_scraped_where_compose_serves_them() -> None:
    compose = yaml.safe_load((OPS.parent / "docker-compose.yml").read_text())
    scraped = yaml.safe_load((OPS / "prometheus.yml").read_text())["scrape_configs"][0]
    ((host, port),) = (target.split(":") for target in scraped["static_configs"][0]["targets"])
    assert compose["services"][host]["ports"][0].endswith(f":{port}")
    assert f'job="{scraped["job_name"]}"' in RULES["OverheardDown"]["expr"]
    assert compose["services"]["prometheus"]["profiles"] == ["monitoring"]
