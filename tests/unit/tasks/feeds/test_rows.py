"""The person tags that apply to an episode, and its audio."""

import pytest

from tasks.feeds.rows import effective_persons, episode_content
from tasks.feeds.values import Enclosure, Feed, Item, PersonTag

HOST, GUEST = PersonTag("Ada Kettle"), PersonTag("Bo Spout", role="guest")


def test_item_without_persons_has_those_of_channel() -> None:
    assert effective_persons(Feed(format="rss", persons=(HOST,)), Item()) == (HOST,)


def test_persons_of_item_replace_those_of_channel() -> None:
    assert effective_persons(Feed(format="rss", persons=(HOST,)), Item(persons=(GUEST,))) == (
        GUEST,
    )


@pytest.mark.parametrize(
    ("enclosures", "url"),
    [
        ([], None),
        ([("a.jpg", "image/jpeg"), ("a.mp3", "audio/mpeg")], "a.mp3"),
        ([("a.jpg", ""), ("a.mp3?v=1", "")], "a.mp3?v=1"),
        ([("a.jpg", ""), ("play", "")], "play"),
        ([("play", "application/octet-stream"), ("a.m4a", "")], "a.m4a"),
        ([("a.jpg", "image/jpeg")], None),
        ([("a", "video/mp4"), ("b", "audio/mpeg")], "a"),
    ],
)
def test_audio_of_an_item_is_its_first_playable_enclosure(
    enclosures: list[tuple[str, str]], url: str | None
) -> None:
    item = Item(enclosures=tuple(Enclosure(*each) for each in enclosures))
    assert episode_content(Feed("rss"), item)["audio_url"] == url
