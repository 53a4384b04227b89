"""ops/prometheus.yml shows every service of docker-compose.yml that is ours.

A service that is added later fails here until Prometheus sees it. That the targets are up and the
metrics are there is seen in a real engine (test_compose_monitoring.py).
"""

from typing import Any

import yaml

from tests.deployment.test_compose import LASTING, OURS, SERVICES
from tests.paths import ROOT

SCRAPE: dict[str, Any] = yaml.safe_load((ROOT / "ops" / "prometheus.yml").read_text())
TARGETS = {
    target
    for job in SCRAPE["scrape_configs"]
    for each in job["static_configs"]
    for target in each["targets"]
}
# A process without a port is seen by what it does: a metric that says so, which `web` shows.
DONE = 'overheard_task_seconds_count{{task="overheard.{}"}} > 0'
SEEN_BY_WORK = {
    "beat": "overheard_sweep_age_seconds < 120",
    "worker-ops": DONE.format("jobs.sweep"),
    "worker-poll": DONE.format("polling.poll_feeds"),
    "worker-parse": DONE.format("ingest.parse_episode"),
    "indexer": "overheard_index_age_seconds < 60",
}
# Off by default, and in the table of metrics where it is on: overheard_speech_….
OFF = {"worker-speech"}


def test_every_service_of_ours_is_seen_by_prometheus() -> None:
    scraped = {target.partition(":")[0] for target in TARGETS}
    assert scraped <= SERVICES.keys()
    assert scraped & OURS.keys() | SEEN_BY_WORK.keys() | OFF == LASTING.keys()
    for name in scraped:
        assert set(SERVICES[name]["networks"]) & set(SERVICES["prometheus"]["networks"]), name
