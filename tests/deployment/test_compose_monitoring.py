"""The profile `monitoring` in a real engine: Prometheus sees every service, and alerts of one."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.deployment.compose import Deployment
from tests.deployment.monitoring_images import monitoring_images
from tests.deployment.test_scrape_config import SEEN_BY_WORK, TARGETS
from tests.integration.web.test_alerts import RULES, dashboard_expressions

pytestmark = [pytest.mark.slow, pytest.mark.compose, pytest.mark.timeout(3600)]

ALERT_SECONDS = 600.0
GAP_SECONDS = 40.0  # two samples are 15 s apart


@pytest.fixture(scope="module")
def monitored(deployment: Deployment) -> Deployment:
    """The service with its monitoring, after it has read a podcast."""
    images = monitoring_images(deployment.engine, deployment.image)
    deployment.replace_images(images.by_service)
    deployment.type("ops/secrets.sh")
    deployment.type("docker compose up --detach --build")
    deployment.type(f"docker compose --profile monitoring up --detach --build {images.started}")
    deployment.await_health()
    cli(deployment, f"podcasts add {deployment.world.feeds[0]}")
    cli(deployment, "podcasts poll 1")  # `add` has polled it itself
    deployment.await_work(deployment.world.episodes_of(1))
    return deployment


def test_prometheus_scrapes_every_target_and_sees_every_service(monitored: Deployment) -> None:
    def all_up() -> bool:
        targets = api("targets")["activeTargets"]
        return {each["labels"]["instance"] for each in targets if each["health"] == "up"} == TARGETS

    monitored.await_true(all_up)
    assert {each["metric"]["instance"] for each in query("up == 1")} == TARGETS
    monitored.say(f"up: {', '.join(sorted(TARGETS))}")
    for name, works in SEEN_BY_WORK.items():
        monitored.await_true(partial(query, works))
        monitored.say(f"{name}: {works}")


def test_prometheus_loads_every_rule(monitored: Deployment) -> None:
    def all_evaluated() -> bool:
        rules = [rule for group in api("rules")["groups"] for rule in group["rules"]]
        assert {rule["name"] for rule in rules} == RULES.keys()
        return {rule["health"] for rule in rules} == {"ok"}

    monitored.await_true(all_evaluated)


def test_every_metric_of_the_dashboard_is_there(monitored: Deployment) -> None:
    used = {name for each in dashboard_expressions() for name in re.findall(r"overheard_\w+", each)}
    with trouble(monitored):
        monitored.await_true(lambda: not missing_of(used))
    monitored.say(f"{len(used)} metrics of the dashboard are there")


@pytest.mark.parametrize(
    ("service", "alert"), [("worker-ops", "SweeperDown"), ("web", "OverheardDown")]
)
def test_a_stopped_service_is_an_alert_until_it_is_back(
    monitored: Deployment, service: str, alert: str
) -> None:
    monitored.await_true(lambda: not firing())
    monitored.type(f"docker compose stop {service}")
    monitored.await_true(lambda: alert in firing(), ALERT_SECONDS)
    monitored.say(f"fires: {', '.join(sorted(firing()))}")
    monitored.type(f"docker compose start {service}")
    monitored.await_true(lambda: not firing(), ALERT_SECONDS)
    assert times_fired(alert) == 1
    monitored.say(f"{alert} has ended")


@contextmanager
def trouble(deployed: Deployment) -> Iterator[None]:
    """Jobs that wait and a poll that fails, which some graphs are about."""
    cli(deployed, "queues pause parse")
    cli(deployed, "reingest podcast:1 --stage parse --no-wait")
    deployed.type("docker compose stop world")
    cli(deployed, "podcasts poll 1")
    yield
    deployed.type("docker compose start world")
    cli(deployed, "podcasts poll 1")
    cli(deployed, "queues resume parse")
    deployed.await_work(deployed.world.episodes_of(1))


def cli(deployed: Deployment, words: str) -> None:
    """Run a command by hand, as the docs have it."""
    deployed.type(f"docker compose run --rm cli overheard {words}")


def missing_of(names: set[str]) -> set[str]:
    """Which of these metrics Prometheus has not seen."""
    return names - set(api("label/__name__/values"))


def firing() -> set[str]:
    """The alerts that fire now."""
    return {
        each["labels"]["alertname"] for each in api("alerts")["alerts"] if each["state"] == "firing"
    }


def times_fired(alert: str) -> int:
    """How often an alert has begun to fire, by the samples that Prometheus has of it."""
    series = query(f'ALERTS{{alertname="{alert}", alertstate="firing"}}[1h]')
    times: list[float] = sorted(at for each in series for at, _ in each["values"])
    return len(times[:1]) + sum(later - earlier > GAP_SECONDS for earlier, later in pairwise(times))


def query(expression: str) -> list[dict[str, Any]]:
    """What an expression gives, one entry for each series."""
    found: list[dict[str, Any]] = api(f"query?{urlencode({'query': expression})}")["result"]
    return found


def api(path: str) -> Any:
    """What Prometheus answers on its published port."""
    with urlopen(f"http://127.0.0.1:9090/api/v1/{path}", timeout=30) as response:
        answer = json.load(response)
    assert answer["status"] == "success", answer
    return answer["data"]
