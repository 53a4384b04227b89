"""Limits on what a feed may list: beyond them its episodes cost far more than its bytes. Pure.

The largest of the collected feeds has 1,638 items, five persons and three transcripts an item.
"""

from dataclasses import astuple

from tasks.feeds.values import Feed, FeedRefused, Item, PersonTag

MAX_ITEMS = 20_000
MAX_PERSONS = 200  # of the channel, and of an item
MAX_ENCLOSURES = 1_000  # of an item
MAX_TRANSCRIPTS = 100  # of an item
# Characters of the channel's person tags, which every item without its own gets.
MAX_COPIED = 20_000_000


def refuse_excess(feed: Feed) -> None:
    """Refuse a feed that lists too much.

    Raises:
        FeedRefused: ``too_complex``.
    """
    _limit("items", len(feed.items), MAX_ITEMS)
    _limit("person tags", len(feed.persons), MAX_PERSONS)
    for item in feed.items:
        if len(item.persons) + len(item.enclosures) + len(item.transcripts) > MAX_TRANSCRIPTS:
            _limit_item(item)
    copied = len(feed.items) * sum(map(_characters, feed.persons))
    _limit("characters of person tags for its items", copied, MAX_COPIED)


def _limit_item(item: Item) -> None:
    _limit("person tags in an item", len(item.persons), MAX_PERSONS)
    _limit("enclosures in an item", len(item.enclosures), MAX_ENCLOSURES)
    _limit("transcripts in an item", len(item.transcripts), MAX_TRANSCRIPTS)


def _limit(what: str, number: int, most: int) -> None:
    if number > most:
        raise FeedRefused("too_complex", f"It has {number:,} {what}; {most:,} are read at most.")


def _characters(person: PersonTag) -> int:
    return sum(len(value or "") for value in astuple(person))
