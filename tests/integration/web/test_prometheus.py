"""A real Prometheus with our rules: each alert fires once when its fault is there, and ends."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import pairwise

import pytest

from models.database import in_transaction
from tests.conftest import empty_database
from tests.factories import add_podcast, execute
from tests.integration.web.metrics_page import fresh_metrics
from tests.integration.web.test_alerts import (
    FAULTS,
    NOT_OURS,
    RULES,
    SURROUNDINGS,
    dashboard_expressions,
    measured,
)
from tests.integration.web.test_metrics import add_job
from tests.servers.prometheus import WINDOW, Prometheus, prometheus
from tests.servers.worker import wait_until

__all__ = ["fresh_metrics"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("broker", "fresh_metrics")]

SECONDS = 30.0  # until an alert fires or ends, on a busy machine


@pytest.fixture(scope="module")
def monitoring() -> Iterator[Prometheus]:
    with prometheus() as server:
        yield server


@pytest.fixture
def watched(monitoring: Prometheus, web_url: str, monkeypatch: pytest.MonkeyPatch) -> Prometheus:
    """Prometheus, which scrapes the pages of a service that is well."""
    monkeypatch.setattr("web.metrics_collector.BROKER_SECONDS", 0.05)  # within its patience here
    monitoring.scrape(web_url.removeprefix("http://"))
    begin_well()
    wait_until(lambda: monitoring.values("up == 1"), SECONDS)
    wait_until(lambda: not monitoring.firing(), SECONDS)
    return monitoring


def begin_well() -> None:
    in_transaction(lambda session: add_podcast(session, due=None))
    measured("task", "overheard.jobs.sweep")


@pytest.mark.parametrize("name", sorted(RULES.keys() - NOT_OURS))
def test_an_alert_fires_once_and_ends(
    name: str, watched: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time()
    surroundings = SURROUNDINGS.get(name)
    with surroundings(monkeypatch) if surroundings else nullcontext():
        if fault := FAULTS.get(name):
            fault()
        wait_until(lambda: name in watched.firing(), SECONDS)
    empty_database()
    begin_well()
    wait_until(lambda: not watched.firing(), SECONDS)
    assert times_fired(watched, name, began) == 1


def test_a_service_that_cannot_be_scraped_is_an_alert(watched: Prometheus, web_url: str) -> None:
    began = time.time()
    watched.scrape("127.0.0.1:1")
    wait_until(lambda: watched.firing() == {"OverheardDown"}, SECONDS)
    watched.scrape(web_url.removeprefix("http://"))
    wait_until(lambda: not watched.firing(), SECONDS)
    assert times_fired(watched, "OverheardDown", began) == 1


def times_fired(monitoring: Prometheus, name: str, since: float) -> int:
    """How often an alert has begun to fire, by the samples that Prometheus keeps of it."""
    query = f'ALERTS{{alertname="{name}", alertstate="firing"}}[1h]'
    series = monitoring.values(query)
    times: list[float] = sorted(at for each in series for at, _ in each["values"] if at > since)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return len(times[:1]) + sum(gap > SECONDS / 10 for gap in gaps)


def test_every_graph_of_the_dashboard_has_data(watched: Prometheus) -> None:
    add_job("dead")
    execute("UPDATE crawl SET last_ok_at = now()")
    samples = (
        ("event", "feed_changed"),
        ("reason", "feed_failed x"),
        ("took", "x"),
        ("stage", "x"),
        ("task", "overheard.jobs.sweep"),
    )
    for name, label in samples:
        measured(name, label)
    empty = set(dashboard_expressions())

    def all_have_data() -> bool:
        for expression in list(empty):
            if watched.values(expression.replace("$__rate_interval", WINDOW)):
                empty.discard(expression)
        return not empty

    try:
        wait_until(all_have_data, SECONDS)
    except AssertionError:
        assert not empty
