"""Whose person tags hold for an episode."""

from tasks.feeds.rows import effective_persons
from tasks.feeds.values import Feed, Item, PersonTag

HOST, GUEST = PersonTag("Ada Kettle"), PersonTag("Bo Spout", role="guest")


def test_the_channel_s_persons_hold_for_an_item_without_any() -> None:
    assert effective_persons(Feed(format="rss", persons=(HOST,)), Item()) == (HOST,)


def test_an_item_s_persons_wholly_replace_the_channel_s() -> None:
    assert effective_persons(Feed(format="rss", persons=(HOST,)), Item(persons=(GUEST,))) == (
        GUEST,
    )
