"""A checkout that is deployed by docker-compose.yml, with a podcast world beside the services."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from tests.deployment.engine import ROOT, Engine, run
from tests.deployment.events import events_of
from tests.deployment.published import Published
from tests.servers.worker import children_of

PORT = 8817
# What is promised of a machine that has nothing else to do, and how long a busy one may take.
HEALTHY_SECONDS = 90
PATIENCE_SECONDS = 600
MOST_RESTARTS = 4
POLL_SECONDS = 1  # of the database, which reports nothing by itself
WORK_SECONDS = 1800
_UNFINISHED = "SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"
# As tasks/speakers/store/quarantine.py has it.
_UNRESOLVED = """
    SELECT count(*) FROM job j JOIN episode e ON e.id = j.subject
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = e.podcast_id
    WHERE j.kind = 'parse' AND j.outcome IN ('ran', 'degraded')
      AND j.finished_at > coalesce(v.quarantine_checked_at, '-infinity')
"""

Row = Mapping[str, Any]


def poll_later() -> None:
    """Wait before the database is queried again."""
    time.sleep(POLL_SECONDS)


@dataclass
class Deployment:
    """One project of Compose, its folder, and what a user types there.

    Two of them run side by side by their names, their addresses on loopback, and the names that
    their images have.
    """

    folder: Path
    engine: Engine
    world: Published
    project: str
    address: str = "127.0.0.1"
    image: str = "overheard"
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user's shell, with leave to fetch from the world."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
        return inherited | {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": "docker-compose.yml:world.yml",
            "OVERHEARD_ALLOWED_NETWORKS": "172.16.0.0/12:8890,192.168.0.0/16:8890",
            "OVERHEARD_CONTACT_URL": "https://podcasts.example/about",
            "OVERHEARD_WEB_BIND": self.address,
        }

    def prepare(self) -> None:
        """A clean checkout, and the override file that adds the world.

        Its origin is a repository of its own, so that it pulls no commit that is made meanwhile.
        """
        origin = self.folder.with_suffix(".git")
        run("git", "init", "--quiet", "--bare", "--initial-branch", "main", str(origin))
        pushed = ("--quiet", "--tags", str(origin), "HEAD:refs/heads/main")
        run("git", "-C", str(ROOT), "push", *pushed)
        run("git", "clone", "--quiet", str(origin), str(self.folder))
        self.override()

    def override(self) -> None:
        """Add the world to the services of the compose file, and give ours their image."""
        services = yaml.safe_load((self.folder / "docker-compose.yml").read_text())["services"]
        images = {name: {"image": self.image} for name, each in services.items() if "build" in each}
        world = {
            "image": self.image,
            "command": self.world.command,
            "volumes": [f"{self.world.folder}:/world:ro"],
            "stop_grace_period": "1s",
            "init": True,
        }
        override = yaml.safe_dump({"services": images | {"world": world}})
        (self.folder / "world.yml").write_text(override)

    def replace_images(self, images: Mapping[str, str]) -> None:
        """Give services of the compose file other images, by the override file."""
        path = self.folder / "world.yml"
        override = yaml.safe_load(path.read_text())
        for name, image in images.items():
            override["services"].setdefault(name, {})["image"] = image
        path.write_text(yaml.safe_dump(override))

    def use_compose_file_of(self, revision: str) -> str:
        """Take the compose file of another version; the text of the present one.

        Without `start_interval`, which engines before 25 refuse and the version before had.
        """
        path = self.folder / "docker-compose.yml"
        present = path.read_text()
        former = run("git", "-C", str(self.folder), "show", f"{revision}:docker-compose.yml")
        lines = [line for line in former.splitlines() if "start_interval" not in line]
        self.use_compose_file("\n".join(lines) + "\n")
        return present

    def use_compose_file(self, text: str) -> None:
        """Take another compose file."""
        (self.folder / "docker-compose.yml").write_text(text)
        self.override()

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
        self.say(f"{time.monotonic() - started:6.1f} s  {typed}")
        return printed

    def say(self, line: str) -> None:
        """Print a line with the time, for who watches two walks."""
        print(f"{time.strftime('%H:%M:%S')} {self.project}  {line}", flush=True)

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
        """The answer of the database to a query of one value; empty while it starts again."""
        psql = ("psql", "--username", "overheard", "--no-align", "--tuples-only", "--command")
        return self.inside("postgres", *psql, query).stdout.strip()

    def inside(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in the first container of a service."""
        (name, *_) = self.listed(service) or [f"no container of {service}"]
        return subprocess.run(
            ["docker", "exec", name, *words], text=True, capture_output=True, check=False
        )

    def control_world(self, path: str, words: Mapping[str, Any]) -> None:
        """Have the world answer otherwise from now on, if it can."""
        if self.world.is_controlled:
            url, body = f"http://127.0.0.1:8890{path}", json.dumps(words).encode()
            post = f"from urllib.request import urlopen as u; u({url!r}, {body!r}).read()"
            done = self.inside("world", "python", "-c", post)
            assert done.returncode == 0, done.stderr

    def containers(self, service: str = "") -> list[Row]:
        """Every container of a service, or of all, as the engine shows it."""
        listed = self.listed(service)
        return json.loads(run("docker", "inspect", *listed)) if listed else []

    def listed(self, service: str = "") -> list[str]:
        """The identifier of every container of a service, or of all."""
        labels = [
            f"project={self.project}",
            "oneoff=False",
            *([f"service={service}"] * bool(service)),
        ]
        of = [f"--filter=label=com.docker.compose.{label}" for label in labels]
        return run("docker", "ps", "--all", "--quiet", *of).split()

    def age(self) -> float:
        """The seconds since the first container started; copying the images is the engine's."""
        started = min(each["State"]["StartedAt"] for each in self.containers())
        return (datetime.now(UTC) - datetime.fromisoformat(f"{started[:19]}+00:00")).total_seconds()

    def await_health(self) -> float:
        """Wait until every service has become healthy; how long that took."""
        healthy: set[str] = set()

        def all_healthy() -> bool:
            containers = self.containers()
            ending = [each["Name"] for each in containers if each["RestartCount"] > MOST_RESTARTS]
            assert not ending, f"{ending} end again and again\n{self._what_is_wrong()}"
            healthy.update(each["Name"] for each in containers if is_well(each))
            return bool(containers) and healthy >= {each["Name"] for each in containers}

        with events_of(self.project) as events:
            return self._await(all_healthy, PATIENCE_SECONDS, events.wait)

    def await_work(self, episodes: int) -> float:
        """Wait until every episode was found and nothing is left to be done."""
        query = (
            f"SELECT (SELECT count(*) FROM episode) = {episodes} "  # noqa: S608
            f"AND ({_UNFINISHED}) = 0"
        )
        return self.await_answer(query)

    def await_resolved(self) -> float:
        """Wait until no podcast is due to be resolved again: a tick may still change people."""
        return self.await_answer(f"SELECT ({_UNRESOLVED}) = 0")

    def unfinished(self) -> int:
        """How many jobs wait or run."""
        return int(self.ask(_UNFINISHED))

    def await_true(self, condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> float:
        """Wait until a condition is true, which nothing reports; how long that took."""
        return self._await(condition, seconds)

    def await_answer(self, query: str) -> float:
        """Wait until the answer of a query is true; how long that took."""
        return self._await(lambda: self.ask(query) == "t", WORK_SECONDS)

    def await_index(self, segments: int) -> float:
        """Wait until the index has so many segments, and none is to come."""
        ready = "docker compose exec -T indexer overheard health indexer --ready"
        in_step = f"{segments:,} segments, 0 episodes to index"
        return self._await(lambda: in_step in self.shell(ready), WORK_SECONDS)

    def kill_main_process(self, service: str) -> None:
        """End the main process of a container with SIGKILL, from the engine's own host."""
        container = self.containers(service)[0]
        started = container["State"]["StartedAt"]
        pid = container["State"]["Pid"]
        # The engine's init is the parent of our main process.
        (main,) = children_of(pid) if container["HostConfig"].get("Init") else [pid]
        sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]

        def is_back() -> bool:
            (now,) = json.loads(run("docker", "inspect", container["Id"]))
            return bool(now["State"]["Running"]) and now["State"]["StartedAt"] != started

        with events_of(self.project) as events:
            run(*sudo, "kill", "-KILL", str(main))
            self._await(is_back, PATIENCE_SECONDS, events.wait)

    def page(self, path: str) -> str:
        """A page of the published port."""
        with urlopen(f"http://{self.address}:{PORT}{path}", timeout=30) as response:
            assert response.status == 200
            return str(response.read().decode())

    def end(self) -> None:
        """Remove every container and volume."""
        self._compose(
            *("--profile", "tools", "--profile", "monitoring"),
            "down",
            "--volumes",
            "--remove-orphans",
            "--timeout",
            "5",
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
        self, condition: Callable[[], Any], seconds: float, pause: Callable[[], None] = poll_later
    ) -> float:
        started = time.monotonic()
        while not condition():
            late = time.monotonic() - started > seconds
            assert not late, f"not within {seconds} s\n{self._what_is_wrong()}"
            pause()
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
