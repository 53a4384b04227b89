"""A checkout that is deployed by docker-compose.yml, with a podcast world beside the services."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from tests.deployment.engine import ROOT, Engine, run
from tests.deployment.published import Published
from tests.servers.worker import children_of

PROJECT = "overheard-walk"
PAGES = "http://127.0.0.1:8817"
# What is promised of a machine that has nothing else to do, and how long a busy one may take.
HEALTHY_SECONDS = 90
PATIENCE_SECONDS = 600
MOST_RESTARTS = 4
POLL_SECONDS = 2
WORK_SECONDS = 1800

Row = Mapping[str, Any]


@dataclass
class Deployment:
    """One project of Compose, its folder, and what a user types there."""

    folder: Path
    engine: Engine
    world: Published
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user's shell, with leave to fetch from the world."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
        return inherited | {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_FILE": "docker-compose.yml:world.yml",
            "OVERHEARD_ALLOWED_NETWORKS": "172.16.0.0/12:8890,192.168.0.0/16:8890",
            "OVERHEARD_CONTACT_URL": "https://podcasts.example/about",
        }

    def prepare(self, revision: str = "") -> None:
        """A clean checkout, and the override file that adds the world."""
        run("git", "clone", "--quiet", str(ROOT), str(self.folder))
        if revision:
            run("git", "-C", str(self.folder), "checkout", "--quiet", revision)
        service = {
            "image": "overheard",
            "command": self.world.command,
            "volumes": [f"{self.world.folder}:/world:ro"],
            "stop_grace_period": "1s",
            "init": True,
        }
        override = yaml.safe_dump({"services": {"world": service}})
        (self.folder / "world.yml").write_text(override)

    def use_compose_file_of(self, revision: str) -> str:
        """Take the compose file of another version; the text of the present one.

        Without `start_interval`, which engines before 25 refuse and the version before had.
        """
        path = self.folder / "docker-compose.yml"
        present = path.read_text()
        former = run("git", "-C", str(self.folder), "show", f"{revision}:docker-compose.yml")
        lines = [line for line in former.splitlines() if "start_interval" not in line]
        path.write_text("\n".join(lines) + "\n")
        return present

    def forget_secrets(self, *names: str) -> None:
        """Take passwords out of `.env`, as an operator does to get new ones."""
        path = self.folder / ".env"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if line.split("=")[0] not in names))

    def write_subscriptions(self) -> None:
        """All podcasts of the world, as another podcast application exports them."""
        rows = "".join(f'<outline type="rss" xmlUrl="{url}"/>' for url in self.world.feeds)
        text = f'<opml version="2.0"><head/><body>{rows}</body></opml>'
        (self.folder / "subscriptions.opml").write_text(text)

    def type(self, command: str) -> str:
        """Type a command of the docs in the checkout, and say how long it took; what it printed."""
        typed = self.engine.as_typed_here(command)
        started = time.monotonic()
        printed = self.shell(typed)
        print(f"{time.monotonic() - started:6.1f} s  {typed}")
        return printed

    def shell(self, typed: str) -> str:
        """Run a line of a user's shell in the checkout; what it printed."""
        done = subprocess.run(
            ["bash", "-c", typed],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=WORK_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (
            f"{typed}: {done.returncode}\n{done.stdout}\n{done.stderr}\n{self._what_is_wrong()}"
        )
        return done.stdout

    def overheard(self, words: str) -> Any:
        """What a reading command says to programs, in a container that runs."""
        return json.loads(self.shell(f"docker compose exec -T worker-ops overheard {words} --json"))

    def ask(self, query: str) -> str:
        """The answer of the database to a query of one value."""
        psql = "psql --username overheard --no-align --tuples-only --command"
        done = subprocess.run(
            ["bash", "-c", f'docker compose exec -T postgres {psql} "$0"', query],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        return done.stdout.strip()  # empty while the database starts again

    def containers(self, service: str = "") -> list[Row]:
        """Every container of a service, or of all, as the engine shows it."""
        of = [
            "--filter",
            f"label=com.docker.compose.project={PROJECT}",
            "--filter",
            "label=com.docker.compose.oneoff=False",
        ]
        if service:
            of += ["--filter", f"label=com.docker.compose.service={service}"]
        listed = run("docker", "ps", "--all", "--quiet", *of).split()
        return json.loads(run("docker", "inspect", *listed)) if listed else []

    def await_health(self) -> float:
        """Wait until every service has become healthy; how long that took."""
        healthy: set[str] = set()

        def all_healthy() -> bool:
            containers = self.containers()
            ending = [each["Name"] for each in containers if each["RestartCount"] > MOST_RESTARTS]
            assert not ending, f"{ending} end again and again\n{self._what_is_wrong()}"
            healthy.update(each["Name"] for each in containers if is_well(each))
            return bool(containers) and healthy >= {each["Name"] for each in containers}

        return self._await(all_healthy, PATIENCE_SECONDS, self._what_is_wrong)

    def await_work(self, episodes: int) -> float:
        """Wait until every episode was found and nothing is left to be done."""
        query = (
            f"SELECT (SELECT count(*) FROM episode) = {episodes} AND NOT EXISTS "  # noqa: S608
            "(SELECT FROM job WHERE state IN ('waiting', 'running'))"
        )
        return self._await(lambda: self.ask(query) == "t", WORK_SECONDS, self._what_is_wrong)

    def await_index(self, segments: int) -> float:
        """Wait until the index has so many segments, and none is to come."""
        ready = "docker compose exec -T search overheard health indexer --ready"
        in_step = f"{segments:,} segments, 0 episodes to index"
        return self._await(lambda: in_step in self.shell(ready), WORK_SECONDS, lambda: in_step)

    def kill_main_process(self, service: str) -> None:
        """End the main process of a container with SIGKILL, from the engine's own host."""
        container = self.containers(service)[0]
        started = container["State"]["StartedAt"]
        pid = container["State"]["Pid"]
        # The engine's init is the parent of our main process.
        (main,) = children_of(pid) if container["HostConfig"].get("Init") else [pid]
        sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        run(*sudo, "kill", "-KILL", str(main))

        def is_back() -> bool:
            (now,) = json.loads(run("docker", "inspect", container["Id"]))
            return bool(now["State"]["Running"]) and now["State"]["StartedAt"] != started

        self._await(is_back, PATIENCE_SECONDS, self._what_is_wrong)

    def end(self) -> None:
        """Remove every container and volume."""
        self._compose(
            "--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "5"
        )

    def _compose(self, *words: str) -> str:
        done = subprocess.run(
            ["docker", "compose", *filter(None, words)],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def _await(
        self, condition: Callable[[], Any], seconds: float, describe: Callable[[], str]
    ) -> float:
        started = time.monotonic()
        while not condition():
            assert time.monotonic() - started < seconds, f"not within {seconds} s\n{describe()}"
            time.sleep(POLL_SECONDS)
        return time.monotonic() - started

    def _what_is_wrong(self) -> str:
        jobs = self.ask("SELECT json_agg(j) FROM (SELECT state, count(*) FROM job GROUP BY 1) j")
        ill = {each["Name"]: each["State"] for each in self.containers() if not is_well(each)}
        logs = subprocess.run(
            ["docker", "compose", "logs", "--tail", "15"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        return f"{ill}\n{jobs}\n{logs.stdout}{logs.stderr}"


def is_well(container: Row) -> bool:
    """Whether a container runs and is healthy, or has done its work."""
    state = container["State"]
    if container["Config"]["Labels"]["com.docker.compose.service"] == "migrate":
        return (state["Status"], state["ExitCode"]) == ("exited", 0)
    health = state.get("Health", {}).get("Status", "healthy")
    return (state["Status"], health) == ("running", "healthy")


def is_busy() -> bool:
    """Whether so much else runs here that no time can be promised."""
    return os.getloadavg()[0] > 3 * len(os.sched_getaffinity(0))


def page(path: str) -> str:
    """A page of the published port."""
    with urlopen(PAGES + path, timeout=30) as response:  # noqa: S310  loopback
        assert response.status == 200
        return str(response.read().decode())
