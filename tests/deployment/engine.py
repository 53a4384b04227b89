"""A container engine: the one that is here, or the one that ../shared/containers brings up."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE_SECONDS = 1500
ENDING_SECONDS = 60


# What the script says when there is an engine and the base images: what fails later, is ours.
BUILDING = "building the project's image"


class EngineMissing(RuntimeError):
    """There is no engine here, and none can be had."""


@dataclass(frozen=True)
class Engine:
    """How images are made here; None for the script means that Docker builds them itself."""

    script: Path | None

    def build(self, checkout: Path, image: str) -> None:
        """Make an image from a checkout's Dockerfile, under a name."""
        if self.script is None:
            run("docker", "build", "--quiet", "--tag", image, str(checkout))
            return
        run("bash", str(self.script), str(checkout))  # it tags what it made `overheard`
        if image != "overheard":
            run("docker", "tag", "overheard", image)

    def as_typed_here(self, command: str) -> str:
        """A command of the README; where Docker cannot fetch base images, the image is made."""
        return command if self.script is None else command.replace(" --build", " --no-build")


def run(*words: str, seconds: float = ENGINE_SECONDS) -> str:
    """Run a program to its end; what it printed, or all of its output when it failed."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def has_engine() -> bool:
    """Whether an engine with the Compose plugin answers."""
    words = (["docker", "info"], ["docker", "compose", "version"])
    return all(_succeeds(*each) for each in words)


def _succeeds(*words: str) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    return False


def engine_script() -> Path | None:
    """The script that brings up an engine without a registry of images, where it is."""
    shared = Path(os.environ.get("OVERHEARD_SHARED") or ROOT.parent / "shared")
    script = shared / "containers" / "engine.sh"
    return script if script.is_file() and os.geteuid() == 0 else None


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """The engine; one that was brought up here is ended at the end of the block.

    Raises:
        EngineMissing: the message says what to do.
    """
    script, was_there = engine_script(), has_engine()
    if script is None or os.environ.get("OVERHEARD_OFFICIAL_IMAGES"):
        if not was_there:
            raise EngineMissing("no container engine: install Docker with the Compose plugin")
        yield Engine(None)
        return
    try:
        if not was_there:
            bring_up(script)
        yield Engine(script)
    finally:
        if not was_there:
            _end_engine()


def bring_up(script: Path) -> None:
    """Start an engine with its base images.

    Raises:
        EngineMissing: this machine can have none: no rights, no registry of packages.
    """
    words = ["bash", str(script), str(ROOT)]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=ENGINE_SECONDS, check=False
    )
    if BUILDING not in done.stdout:
        last = (done.stderr.strip() or "it says nothing").splitlines()[-1]
        raise EngineMissing(f"no container engine: {script.name} cannot start one: {last}")


def _end_engine() -> None:
    """End the daemon that we started; it ends what it started itself."""
    try:
        pid = int(Path("/var/run/docker.pid").read_text())
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return  # it is not there any more
    deadline = time.monotonic() + ENDING_SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
