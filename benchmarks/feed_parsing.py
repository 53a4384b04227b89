"""Feed parsing in MB/s, compared with lxml's bare tree and two well-known parsers.

Measured in CPU time, with the parsers taking turns at each feed, so that other work on
the machine disturbs them alike. Ours leaves the descriptions of items as HTML until their text
is read: a poll needs it for new and changed episodes only.
"""

import io
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import feedparser
import podcastparser
from lxml import etree

from benchmarks.generated_feeds import generated_feed
from benchmarks.sizes import size
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import FeedRefused
from workers.worker.gc_freeze import freeze_loaded_objects

_URL = "https://feeds.example/feed.xml"
_REPOSITORY = Path(__file__).resolve().parents[1]
_COLLECTED = ("partytime/*.xml", "podcastparser/*.rss", "radiofeed/*.xml")
_GOALS = {"lxml bare tree": 1 / 3, "feedparser": 20.0}
# How often each document is read; the fastest counts, as the least disturbed. feedparser takes
# most of a minute for one round.
_ROUNDS = {"lxml bare tree": 7, "overheard": 7, "podcastparser": 3, "feedparser": 1}


def _bare_tree(body: bytes) -> None:
    etree.fromstring(body, etree.XMLParser(recover=True))


def _overheard(body: bytes) -> None:
    parse_feed(body, url=_URL)


def _podcastparser(body: bytes) -> None:
    podcastparser.parse(_URL, io.BytesIO(body))


def _feedparser(body: bytes) -> None:
    feedparser.parse(body)


_PARSERS: dict[str, Callable[[bytes], None]] = {
    "lxml bare tree": _bare_tree,
    "overheard": _overheard,
    "podcastparser": _podcastparser,
    "feedparser": _feedparser,
}
# What the parsers raise for a document that they do not take: it leaves the comparison.
_REFUSALS = (FeedRefused, etree.XMLSyntaxError, podcastparser.FeedParseError, ValueError)


def documents() -> tuple[str, list[bytes]]:
    """Return the source of the feeds, and the feeds that every parser accepts."""
    shared = Path(os.environ.get("OVERHEARD_SHARED") or _REPOSITORY.parent / "shared")
    paths = [path for each in _COLLECTED for path in sorted((shared / "corpora").glob(each))]
    if not paths:
        return "generated", [generated_feed(number, episodes=300) for number in range(size(12, 2))]
    bodies = [path.read_bytes() for path in paths]
    return "collected", [body for body in bodies if _is_taken_by_all(body)]


def _is_taken_by_all(body: bytes) -> bool:
    try:
        for name, parse in _PARSERS.items():
            if name != "feedparser":  # which takes anything
                parse(body)
    except _REFUSALS:
        return False
    return True


def fastest_seconds(parse: Callable[[bytes], None], body: bytes, rounds: int) -> float:
    """Return the CPU time of the fastest of several runs."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        parse(body)
        taken.append(time.process_time() - started)
    return min(taken)


def run() -> None:
    """Print MB/s of each parser, and the ratio of ours to the others."""
    logging.disable(logging.WARNING)  # podcastparser logs every undeclared prefix
    source, bodies = documents()
    megabytes = sum(map(len, bodies)) / 1e6
    print(f"feed parsing: {len(bodies)} {source} feeds, {megabytes:.1f} MB")
    freeze_loaded_objects()  # as a worker does, for all of them alike
    seconds = dict.fromkeys(_PARSERS, 0.0)
    for body in bodies:
        for name, parse in _PARSERS.items():
            seconds[name] += fastest_seconds(parse, body, _ROUNDS[name])
    speed = {name: megabytes / each for name, each in seconds.items()}
    for name, value in speed.items():
        ratio = speed["overheard"] / value
        goal = f"  (goal {_GOALS[name]:.2f})" if name in _GOALS else ""
        print(f"  {name:<16}{value:8.1f} MB/s   ours is {ratio:6.2f} of it{goal}")
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    run()
