"""Limits on what a feed may list: at a limit it is read, beyond it refused with the number."""

import re
from collections.abc import Callable

import pytest

from tasks.feeds import limits
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import FeedRefused

NAMESPACE = "https://podcastindex.org/namespace/1.0"


def feed(inside: str) -> bytes:
    xmlns = f'xmlns:podcast="{NAMESPACE}"'
    return f"<rss {xmlns}><channel><title>T</title>{inside}</channel></rss>".encode()


def item(inside: str) -> str:
    return f"<item><title>A</title>{inside}</item>"


def items(count: int) -> str:
    return item("") * count


def persons(count: int) -> str:
    return "".join(f"<podcast:person>Ann {n}</podcast:person>" for n in range(count))


def enclosures(count: int) -> str:
    return item("".join(f'<enclosure url="http://h.example/{n}"/>' for n in range(count)))


def transcripts(count: int) -> str:
    listed = (f'<podcast:transcript url="http://h.example/{n}"/>' for n in range(count))
    return item("".join(listed))


@pytest.mark.parametrize(
    ("inside", "most"),
    [
        (items, limits.MAX_ITEMS),
        (persons, limits.MAX_PERSONS),
        (lambda count: item(persons(count)), limits.MAX_PERSONS),
        (enclosures, limits.MAX_ENCLOSURES),
        (transcripts, limits.MAX_TRANSCRIPTS),
    ],
)
def test_feed_that_lists_too_much_is_refused(inside: Callable[[int], str], most: int) -> None:
    parse_feed(feed(inside(most)), url="http://h.example/")
    with pytest.raises(FeedRefused, match=re.escape(f"{most + 1:,}")) as refused:
        parse_feed(feed(inside(most + 1)), url="http://h.example/")
    assert refused.value.reason == "too_complex"


def test_persons_of_a_channel_times_its_items_are_limited() -> None:
    long_name = f"<podcast:person>{'Ann ' * 500}</podcast:person>"
    with pytest.raises(FeedRefused, match="characters of person tags"):
        parse_feed(feed(long_name + items(15_000)), url="http://h.example/")
    parse_feed(feed(long_name + items(5_000)), url="http://h.example/")
