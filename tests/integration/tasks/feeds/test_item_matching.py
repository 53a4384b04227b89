"""Matching of feed items to episodes, through the poller: one case for each rule."""

from typing import Any

import pytest

from tests.factories import rows
from tests.integration.tasks.polling.test_polling import followed, poll
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

MONDAY, TUESDAY = "Mon, 02 Mar 2026 06:00:00 GMT", "Tue, 03 Mar 2026 06:00:00 GMT"


def item(**fields: str) -> str:
    """An item; ``audio`` is the file of its enclosure, with a query that may change."""
    audio = fields.pop("audio", "")
    enclosure = f'<enclosure url="https://audio.example/{audio}" type="audio/mpeg"/>'
    elements = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<item>{elements}{enclosure if audio else ''}</item>"


def document(*items: str) -> Answer:
    body = f'<rss version="2.0"><channel><title>Show</title>{"".join(items)}</channel></rss>'
    return Answer(body=body.encode())


A = {"guid": "a", "title": "One", "pubDate": MONDAY, "audio": "1.mp3"}
B = {"guid": "b", "title": "Two", "pubDate": TUESDAY, "audio": "2.mp3"}


def without(fields: dict[str, str], *names: str, **changes: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in names} | changes


# First feed, second feed, episodes after the first, new episodes in the second.
RULES: dict[str, tuple[list[dict[str, str]], list[dict[str, str]], int, int]] = {
    "a repeated guid on two files is two episodes": (
        [A, without(A, audio="other.mp3", title="Other")],
        [without(A, audio="other.mp3", title="Other"), A],
        2,
        0,
    ),
    "an item listed twice is one episode": ([A, A], [A, A, B], 1, 1),
    "missing guids": ([without(A, "guid"), without(B, "guid")], [without(B, "guid")], 2, 0),
    "guids that appear later": ([without(A, "guid")], [A], 1, 0),
    "guids that disappear": ([A, B], [without(A, "guid"), without(B, "guid")], 2, 0),
    "a changed guid on the same enclosure path": ([A], [without(A, guid="new")], 1, 0),
    "rotating signed enclosures": (
        [without(A, audio="1.mp3?sig=aaa"), without(B, audio="2.mp3?sig=aaa")],
        [without(A, audio="1.mp3?sig=bbb"), without(B, audio="2.mp3?sig=bbb")],
        2,
        0,
    ),
    "rotating signed enclosures without guids": (
        [without(A, "guid", audio="1.mp3?sig=aaa"), without(B, "guid", audio="2.mp3?sig=aaa")],
        [without(A, "guid", audio="1.mp3?sig=bbb"), without(B, "guid", audio="2.mp3?sig=bbb")],
        2,
        0,
    ),
    "republished under a new guid and date": ([A], [without(A, guid="new", pubDate=TUESDAY)], 1, 0),
    "re-dated": ([A, B], [without(A, pubDate=TUESDAY), B], 2, 0),
    "a rerun beside the original": ([A], [without(A, guid="new", pubDate=TUESDAY), A], 1, 1),
    "one that vanishes stays": ([A, B], [B], 2, 0),
    "all that vanish stay": ([A, B], [], 2, 0),
    "one that vanished and comes back": ([A], [A, B], 1, 1),
}


def stored() -> list[dict[str, Any]]:
    return rows("SELECT id, identity FROM episode ORDER BY id")


@pytest.mark.parametrize("rule", RULES)
def test_changed_feed_neither_doubles_nor_loses_episodes(publisher: FaultServer, rule: str) -> None:
    before, after, known, new = RULES[rule]
    documents = [
        document(*(item(**fields) for fields in items)) for items in (before, after, before)
    ]
    podcast = followed(publisher.serve("/feed", *documents))
    assert poll(podcast).new == known
    first = stored()
    assert poll(podcast).new == new
    second = stored()
    assert second[: len(first)] == first
    assert len(second) == known + new
    assert poll(podcast).new == 0  # the first feed again
    assert stored() == second
