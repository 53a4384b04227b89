"""The person tags that apply to an episode."""

from tasks.feeds.rows import effective_persons
from tasks.feeds.values import Feed, Item, PersonTag

HOST, GUEST = PersonTag("Ada Kettle"), PersonTag("Bo Spout", role="guest")


def test_item_without_persons_has_those_of_channel() -> None:
    assert effective_persons(Feed(format="rss", persons=(HOST,)), Item()) == (HOST,)


def test_persons_of_item_replace_those_of_channel() -> None:
    assert effective_persons(Feed(format="rss", persons=(HOST,)), Item(persons=(GUEST,))) == (
        GUEST,
    )
