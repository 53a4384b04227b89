"""Worlds that were ingested by real workers, once for all tests that look at what came of it."""

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
    """An installation that has ingested a world undisturbed, and what was to be seen at once."""

    world: World
    installation: Installation
    people: list[dict[str, Any]] = field(repr=False)
    speakers: list[dict[str, Any]] = field(repr=False)
    contents: Contents = field(repr=False)
    seconds: float


@contextmanager
def installation(**settings: str) -> Iterator[Installation]:
    """An installation of its own in a fresh folder, whose servers run until the end."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-acceptance-"))
    folder.chmod(0o755)  # the servers of root's run as somebody else
    try:
        with embedded_servers(folder / "data") as urls:
            yield Installation(folder / "data", urls, settings)
    finally:
        shutil.rmtree(folder)


def allowed(world: World) -> dict[str, str]:
    """Leave to fetch from exactly this world."""
    host, port = world.address.split(":")
    return {"OVERHEARD_ALLOWED_NETWORKS": f"{host}/32:{port}"}


@pytest.fixture(scope="session", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A podcast world: the demo's own, then the shared one where it is."""
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
    """The world after `overheard ingest` of its OPML, by workers that the command started."""
    with installation(**allowed(world)) as own:
        (own.data / "world.opml").write_text(opml(world))
        started = time.monotonic()
        people = own.told("ingest", str(own.data / "world.opml"))
        seconds = time.monotonic() - started
        speakers = own.told("speakers", "list", "--limit", "0")
        with own.connect() as connection:
            found = contents(connection)
        yield Ingested(world, own, people, speakers, found, seconds)
