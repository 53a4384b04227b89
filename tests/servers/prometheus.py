"""A Prometheus for tests with our configuration and rules, at the pace of a test."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.paths import ROOT
from tests.servers.debian import account_of, find_program, free_port, running, server_folder
from tests.servers.worker import wait_until

PROGRAM = "/usr/bin/prometheus"
START_SECONDS = 60.0
PACE = "200ms"  # of scrapes and of rules
WINDOW = "5s"  # in place of the minutes that a rule counts


@dataclass(frozen=True)
class Prometheus:
    """A running server, and the file that names what it scrapes."""

    url: str
    targets: Path

    def scrape(self, address: str) -> None:
        """Scrape the process at this address, and nothing else."""
        changed = self.targets.with_suffix(".new")
        changed.write_text(json.dumps([{"targets": [address]}]))
        changed.replace(self.targets)

    def firing(self) -> set[str]:
        """The alerts that fire now."""
        alerts = self._get("alerts")["alerts"]
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def values(self, query: str) -> list[dict[str, Any]]:
        """What an expression gives, one entry for each series."""
        found: list[dict[str, Any]] = self._get("query", query=query)["result"]
        return found

    def _get(self, what: str, **params: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=params, trust_env=False).json()
        assert answer["status"] == "success", answer
        data: dict[str, Any] = answer["data"]
        return data


@contextmanager
def prometheus() -> Iterator[Prometheus]:
    """Run a server during the block, where the machine has Debian's."""
    program = find_program(PROGRAM)
    account, port = account_of("prometheus"), free_port()
    with server_folder(account, "prometheus") as folder:
        (folder / "rules.yml").write_text(at_test_pace((ROOT / "ops/alerts.yml").read_text()))
        (folder / "prometheus.yml").write_text(_config(folder))
        server = Prometheus(f"http://127.0.0.1:{port}", folder / "targets.json")
        server.scrape("127.0.0.1:1")
        argv = [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running(account, argv, folder / "log"):
            wait_until(lambda: _is_ready(server.url), START_SECONDS)
            yield server


def at_test_pace(rules: str) -> str:
    """Our rules with seconds in place of minutes; what they compare stays as it is."""
    rules = re.sub(r"\bfor: \w+", "for: 1s", rules)
    return re.sub(r"\[\d+m\]", f"[{WINDOW}]", rules)


def _config(folder: Path) -> str:
    config = yaml.safe_load((ROOT / "ops/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": PACE, "evaluation_interval": PACE}
    config["rule_files"] = [str(folder / "rules.yml")]
    (scraped,) = [each for each in config["scrape_configs"] if each["job_name"] == "overheard"]
    config["scrape_configs"] = [scraped]
    del scraped["static_configs"]
    scraped["file_sd_configs"] = [{"files": [str(folder / "targets.json")]}]
    return yaml.safe_dump(config)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
