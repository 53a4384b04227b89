"""What a test needs of a podcast world on loopback: to be read, edited, and out of reach."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from urllib.request import urlopen


@dataclass(frozen=True)
class Edit:
    """A piece of a document, and what a test puts in its place."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Edits:
    """What is edited within one podcast: each in another episode, known by its guid."""

    feed: str
    segment: Edit
    segment_guid: str
    label: Edit
    label_guid: str
    republished: tuple[Edit, ...]
    republished_guid: str


class World(Protocol):
    """Feeds and transcripts on one address and port."""

    name: str
    edits: Edits

    @property
    def address(self) -> str:
        """Host and port."""

    @property
    def feeds(self) -> list[str]:
        """Paths of all feeds."""

    def replace(self, path: str, body: str) -> None:
        """Serve another document under a path, from now on."""

    def restore(self) -> None:
        """Forget what was replaced."""

    def unreachable(self) -> AbstractContextManager[None]:
        """Nobody answers for the time of the block."""


def url_of(world: World, path: str) -> str:
    """The whole address of a path."""
    return f"http://{world.address}{path}"


def read(world: World, path: str) -> str:
    """The document that is served under a path."""
    with urlopen(url_of(world, path), timeout=30) as answer:  # noqa: S310  loopback
        return str(answer.read().decode())


def edit(world: World, *edits: Edit) -> None:
    """Make edits of one document; what they replace must be there."""
    path = edits[0].path
    body = read(world, path)
    for one in edits:
        assert one.old in body, f"{one.old!r} is not in {path}"
        body = body.replace(one.old, one.new)
    world.replace(path, body)


def opml(world: World) -> str:
    """A list of all feeds of a world, as another podcast application exports it."""
    rows = "".join(
        f'<outline type="rss" text="{path}" xmlUrl="{url_of(world, path)}"/>\n'
        for path in world.feeds
    )
    return f'<opml version="2.0"><head/><body>\n{rows}</body></opml>\n'
