"""Podcast worlds on loopback that tests can read, edit, and make unreachable."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from urllib.request import urlopen


@dataclass(frozen=True)
class Edit:
    """A replacement in a document."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Edits:
    """Edits of one podcast, each in another episode, identified by its GUID."""

    feed: str
    segment: Edit
    segment_guid: str
    label: Edit
    label_guid: str
    republished: tuple[Edit, ...]
    republished_guid: str


class World(Protocol):
    """Feeds and transcripts on one host and port."""

    name: str
    edits: Edits

    @property
    def address(self) -> str:
        """Host and port."""

    @property
    def feeds(self) -> list[str]:
        """Paths of all feeds."""

    def replace(self, path: str, body: str) -> None:
        """Serve another document at a path from now on."""

    def restore(self) -> None:
        """Serve the original documents again."""

    def unreachable(self) -> AbstractContextManager[None]:
        """Make the server unreachable for the block."""


def url_of(world: World, path: str) -> str:
    """The URL of a path."""
    return f"http://{world.address}{path}"


def read(world: World, path: str) -> str:
    """The document at a path."""
    with urlopen(url_of(world, path), timeout=30) as response:  # noqa: S310  loopback
        return str(response.read().decode())


def edit(world: World, *edits: Edit) -> None:
    """Make edits in one document; the text they replace must exist."""
    path = edits[0].path
    body = read(world, path)
    for change in edits:
        assert change.old in body, f"{change.old!r} is not in {path}"
        body = body.replace(change.old, change.new)
    world.replace(path, body)


def opml(world: World) -> str:
    """An OPML list of all feeds of a world."""
    rows = "".join(
        f'<outline type="rss" text="{path}" xmlUrl="{url_of(world, path)}"/>\n'
        for path in world.feeds
    )
    return f'<opml version="2.0"><head/><body>\n{rows}</body></opml>\n'
