"""Pods of the Helm chart, started in a container engine as a kubelet would start them."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.deployment.compose import PORT, poll_later
from tests.deployment.engine import run
from tests.deployment.helm_chart import Container

_PASSWORD = "of-a-test"
_OWNER = f"postgresql://overheard:{_PASSWORD}@postgres:5432/overheard"
_GET = (
    "import sys, urllib.request; print(urllib.request.urlopen("
    "f'http://{sys.argv[1]}:{sys.argv[2]}{sys.argv[3]}', timeout=15).status)"
)


@dataclass(frozen=True)
class Cluster:
    """A network with a database and a broker, and the Secret that names them."""

    name: str
    image: str
    secret: Mapping[str, str]

    def words(self, container: Container, network: str) -> list[str]:
        """How a container is started: its user, rights, limits, variables, volumes, command."""
        text, pod = container.text, container.pod["securityContext"]
        words = [
            *("docker", "run", "--network", network, "--memory", _memory(container)),
            *("--user", f"{pod['runAsUser']}:{pod['runAsGroup']}"),
            *("--read-only", "--security-opt", "no-new-privileges:true"),
        ]
        words += [f"--cap-drop={each}" for each in text["securityContext"]["capabilities"]["drop"]]
        variables = container.values | {
            name: self.secret[key] for name, key in container.secrets.items()
        }
        words += [f"--env={name}={value}" for name, value in variables.items()]
        for path, volume in container.mounts.items():
            in_memory = _volume(container, volume)["emptyDir"].get("medium") == "Memory"
            words += (
                ["--tmpfs", f"{path}:size=64m"]
                if in_memory
                else [f"--volume={self.name}-{volume}:{path}"]
            )
        return [*words, self.image, *map(str, text["command"])]

    def run_job(self, container: Container) -> "subprocess.CompletedProcess[str]":
        """Run a container to its end."""
        words = self.words(container, self.name)
        words.insert(2, "--rm")
        return subprocess.run(words, capture_output=True, text=True, check=False)

    @contextmanager
    def started(self, container: Container, beside: "Started | None" = None) -> Iterator["Started"]:
        """Run a container during the block, in the network of another one of its pod."""
        network = f"container:{beside.id}" if beside else self.name
        words = self.words(container, network)
        words.insert(2, "--detach")
        one = Started(container, run(*words).strip())
        try:
            yield one
        finally:
            run("docker", "rm", "--force", one.id)


@dataclass(frozen=True)
class Started:
    """A container that was started."""

    container: Container
    id: str

    def is_answering(self, name: str) -> bool:
        """Whether a probe succeeds now."""
        probe = self.container.probes[name]
        words = probe["exec"]["command"] if "exec" in probe else self._request(probe["httpGet"])
        return self.inside(*words).returncode == 0

    def await_start(self) -> float:
        """Wait until the startup probe succeeds; the seconds that it took."""
        probe = self.container.probes["startupProbe"]
        began = time.monotonic()
        while not self.is_answering("startupProbe"):
            taken = time.monotonic() - began
            assert taken < probe["periodSeconds"] * probe["failureThreshold"], self.log()
            poll_later()
        return time.monotonic() - began

    def await_ready(self) -> None:
        """Wait until the readiness probe succeeds, for as long as a start may take."""
        began = time.monotonic()
        while not self.is_answering("readinessProbe"):
            assert time.monotonic() - began < 120, self.log()
            poll_later()

    def await_handler(self, number: int) -> None:
        """Wait until its first process has a handler for a signal (SigCgt, proc_pid_status(5))."""
        began = time.monotonic()
        while not self._signals_with_handlers() >> (number - 1) & 1:
            assert time.monotonic() - began < 60, self.log()
            poll_later()

    def _signals_with_handlers(self) -> int:
        status = self.inside("cat", "/proc/1/status").stdout
        return int(dict(line.split(":") for line in status.splitlines())["SigCgt"], 16)

    def inside(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in it."""
        return subprocess.run(
            ["docker", "exec", self.id, *words], capture_output=True, text=True, check=False
        )

    def stop(self) -> int:
        """Stop it as a kubelet does; its exit code, which is 137 if it had to be killed."""
        grace = str(self.container.pod["terminationGracePeriodSeconds"])
        run("docker", "stop", "--time", grace, self.id)
        return int(self._inspected()["State"]["ExitCode"])

    def log(self) -> str:
        """What it has logged."""
        done = subprocess.run(
            ["docker", "logs", self.id], capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def _request(self, get: Mapping[str, Any]) -> list[str]:
        """A kubelet asks at the address of the pod, and names it as the host."""
        networks = self._inspected()["NetworkSettings"]["Networks"].values()
        (address,) = (each["IPAddress"] for each in networks)
        return ["python", "-c", _GET, address, str(PORT), get["path"]]

    def _inspected(self) -> dict[str, Any]:
        (inspected,) = json.loads(run("docker", "inspect", self.id))
        return dict(inspected)


@contextmanager
def cluster(image: str) -> Iterator[Cluster]:
    """A database and a broker in a network of their own; all of it is removed at the end."""
    name = "overheard-pods"
    secret = {
        "owner-database-url": _OWNER,
        "database-url": _OWNER.replace("//overheard:", "//overheard_service:"),
        "broker-url": f"redis://:{_PASSWORD}@valkey:6379/0",
    }
    with ExitStack() as stack:
        run("docker", "network", "create", name)
        stack.callback(run, "docker", "network", "rm", name)
        stack.callback(run, "docker", "volume", "rm", "--force", f"{name}-search")
        variables = ("POSTGRES_USER=overheard", f"POSTGRES_PASSWORD={_PASSWORD}")
        _serve(stack, name, "postgres", "postgres:18", *(f"--env={each}" for each in variables))
        valkey = ("valkey-server", "--requirepass", _PASSWORD)
        _serve(stack, name, "valkey", "valkey/valkey:9-alpine", command=valkey)
        yield Cluster(name, image, secret)


def _serve(
    stack: ExitStack,
    network: str,
    host: str,
    image: str,
    *words: str,
    command: tuple[str, ...] = (),
) -> None:
    name = f"{network}-{host}"
    stack.callback(run, "docker", "rm", "--force", "--volumes", name)
    place = ("--network", network, "--network-alias", host)
    run("docker", "run", "--detach", "--name", name, *place, *words, image, *command)


def _volume(container: Container, name: str) -> Mapping[str, Any]:
    (volume,) = (each for each in container.pod["volumes"] if each["name"] == name)
    return dict(volume)


def _memory(container: Container) -> str:
    limit: str = container.text["resources"]["limits"]["memory"]
    return limit.removesuffix("i").lower()
