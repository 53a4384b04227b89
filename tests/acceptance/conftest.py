"""Worlds ingested by real workers, once for all tests that check the result."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.contents import Contents, contents
from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.installation import Installation
from tests.acceptance.shared_world import SharedWorld, shared_world_folder
from tests.acceptance.worlds import World, opml
from tests.servers.fault_server import FaultServer
from workers.local.embedded import embedded_servers

WORLDS = [
    pytest.param("demo", id="demo-world"),
    pytest.param("shared", id="shared-world", marks=pytest.mark.world),
]


@dataclass(frozen=True)
class Ingested:
    """An installation that has ingested a world undisturbed, and its first results."""

    world: World
    installation: Installation
    people: list[dict[str, Any]] = field(repr=False)
    speakers: list[dict[str, Any]] = field(repr=False)
    contents: Contents = field(repr=False)
    seconds: float


@contextmanager
def installation(**settings: str) -> Iterator[Installation]:
    """An installation in a new directory, whose servers run until the end."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-acceptance-"))
    folder.chmod(0o755)  # root's servers run under another account
    try:
        with embedded_servers(folder / "data") as urls:
            yield Installation(folder / "data", urls, settings)
    finally:
        shutil.rmtree(folder)


def allowed(world: World) -> dict[str, str]:
    """Settings that allow fetches from this world only."""
    host, port = world.address.split(":")
    return {"OVERHEARD_ALLOWED_NETWORKS": f"{host}/32:{port}"}


@pytest.fixture(scope="session", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A podcast world: the demo world, then the shared world if it exists."""
    if request.param == "demo":
        with FaultServer() as server:
            yield DemoWorld(server)
        return
    shared = SharedWorld(shared_world_folder())
    shared.start()
    try:
        yield shared
    finally:
        shared.stop()


@pytest.fixture(scope="session")
def ingested(world: World) -> Iterator[Ingested]:
    """The world after `overheard ingest` of its OPML, by workers of that command."""
    with installation(**allowed(world)) as own:
        (own.data / "world.opml").write_text(opml(world))
        started = time.monotonic()
        people = own.read_json("ingest", str(own.data / "world.opml"))
        seconds = time.monotonic() - started
        speakers = own.read_json("speakers", "list", "--limit", "0")
        with own.connect() as connection:
            stored = contents(connection)
        yield Ingested(world, own, people, speakers, stored, seconds)
