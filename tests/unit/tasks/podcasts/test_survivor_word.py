"""A machine merges a moved feed only when the survivor lists most of its episodes."""

import pytest

from tasks.feeds.values import Enclosure, Feed, Item
from tasks.podcasts.survivor_word import episode_key, listed_keys, survivor_word

LEAVING = [(number, (f"guid-{number}", f"{number}.mp3")) for number in range(4)]
OWN = [(number + 100, key) for number, key in LEAVING]


@pytest.mark.parametrize(("listed", "confirms"), [(0, False), (2, False), (3, True), (4, True)])
def test_more_than_half_must_be_listed(listed: int, confirms: bool) -> None:
    keys = {key for _, key in LEAVING[:listed]}
    word = survivor_word(keys, LEAVING, OWN)
    assert (word.listed, word.confirms, word.left) == (listed, confirms, 4 - listed)
    assert word.same == [(number, number + 100) for number in range(listed)]


def test_feed_without_episodes_is_not_confirmed() -> None:
    assert not survivor_word({("guid-1", "1.mp3")}, [], OWN).confirms


def test_guid_and_enclosure_must_both_agree() -> None:
    for wrong in (("guid-0", "other.mp3"), ("other", "0.mp3")):
        assert survivor_word({wrong}, LEAVING[:1], OWN).listed == 0


def test_key_that_two_episodes_have_says_nothing() -> None:
    twice = [LEAVING[0], (9, LEAVING[0][1])]
    assert survivor_word({LEAVING[0][1]}, twice, OWN).listed == 0


def test_keys_of_a_document_leave_out_hosts_and_counters() -> None:
    url = "https://op3.dev/e/cdn.example/show/1.mp3?token=1"
    items = (Item(title="One", guid="g", enclosures=(Enclosure(url),)), Item(title="Two", guid="h"))
    assert listed_keys(Feed(format="rss", title="A podcast", items=items)) == {("g", "show/1.mp3")}
    assert episode_key("g", "") is None
