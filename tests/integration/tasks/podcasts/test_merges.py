"""Podcasts that are merged and unmerged: counts stay exact, and an unmerge gives all back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from models.database import in_transaction, transaction
from tasks.feeds.store import store_feed
from tasks.feeds.values import Feed, Item
from tasks.identity.decisions import decide
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.merge import MergeRefused, merge_podcasts, unmerge_podcast
from tasks.podcasts.store.pause import pause
from tasks.podcasts.store.place import groups_to_place, place_group
from tasks.podcasts.store.remove import remove
from tasks.speakers.decisions import RecordedDecision
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    rows,
    spoken,
    store,
    until_a_statement_waits_for_a_lock,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _counts_are_exact() -> Iterator[None]:
    yield
    assert differences() == 0


def decided(kind: str, **fields: Any) -> RecordedDecision:
    return in_transaction(decide, kind, "tester", "", now=NOW, **fields)


def person_of(name: str) -> int:
    return int(one("SELECT min(id) FROM person WHERE name = :name", name=name))


def podcast(*guids: str, unread: tuple[str, ...] = ()) -> int:
    """A podcast with read episodes, in which the same two people speak."""
    podcast_id = in_transaction(add_podcast)
    for guid in guids:
        episode = in_transaction(add_episode, podcast_id, guid=guid, title=f"Episode {guid}")
        in_transaction(store, episode, spoken("Ida Holt: one", "Ida Holt: two", "Jo Berg: three"))
    for guid in unread:
        in_transaction(add_episode, podcast_id, guid=guid, title=f"Episode {guid}")
    return podcast_id


def merge(duplicate: int, survivor: int) -> None:
    in_transaction(merge_podcasts, duplicate_id=duplicate, survivor_id=survivor)
    assert differences() == 0


def unmerge(duplicate: int) -> None:
    assert in_transaction(unmerge_podcast, duplicate)
    assert differences() == 0


def refusal(duplicate: int, survivor: int) -> str:
    with pytest.raises(MergeRefused) as refused:
        in_transaction(merge_podcasts, duplicate_id=duplicate, survivor_id=survivor)
    return refused.value.reason


def state(podcast_id: int) -> str:
    return str(one("SELECT state FROM podcast WHERE id = :id", id=podcast_id))


def everything() -> object:
    """All that a merge may change, as rows."""
    return (
        figures(),
        rows("SELECT id, state, duplicate_of FROM podcast ORDER BY id"),
        rows(
            "SELECT id, podcast_id, identity, duplicate_of, origin_podcast_id FROM episode "
            "ORDER BY id"
        ),
        rows("SELECT id, person_id, status, decided_by FROM speaker ORDER BY id"),
        rows("SELECT * FROM person_podcast ORDER BY 1, 2"),
        rows("SELECT * FROM person_day ORDER BY 1, 2"),
    )


def test_merge_counts_common_episodes_once() -> None:
    first, second = podcast("a"), podcast("a", "b")
    before = everything()
    merged = in_transaction(merge_podcasts, duplicate_id=second, survivor_id=first)
    assert (merged.same, merged.received) == (1, 1)
    assert figures()["Ida Holt"] == (4, 2, 1, 40_000)
    assert rows("SELECT identity FROM episode WHERE podcast_id = :id ORDER BY id", id=first) == [
        {"identity": "a"},
        {"identity": f"of {second}:b"},
    ]
    unmerge(second)
    assert everything() == before


def test_second_merge_of_one_podcast_is_refused() -> None:
    a, b, c = podcast("a", "b"), podcast("a"), podcast("a", "c")
    before = everything()
    merge(a, b)
    assert refusal(a, c) == "already_merged"
    unmerge(a)
    assert everything() == before


def test_merge_in_a_circle_is_refused() -> None:
    a, b = podcast("a", "b"), podcast("a", "c")
    before = everything()
    merge(a, b)
    assert refusal(b, a) == "merge_circle"
    assert refusal(a, a) == "same_podcast"
    unmerge(a)
    assert everything() == before


def test_merged_podcast_that_is_added_again_stays_merged() -> None:
    a, b = podcast("a", "b"), podcast("a", "c")
    url = str(one("SELECT feed_url FROM podcast WHERE id = :id", id=a))
    before = everything()
    merge(a, b)
    merged = everything()
    assert in_transaction(add_by_url, url).result == "already"
    assert in_transaction(remove, a)
    assert (state(a), differences()) == ("removed", 0)
    assert in_transaction(add_by_url, url).result == "already"
    assert everything() == merged
    unmerge(a)
    assert everything() == before


def test_removed_podcast_that_is_unmerged_stays_removed() -> None:
    a, b = podcast("a", "b"), podcast("a", "c")
    merge(a, b)
    in_transaction(remove, a)
    unmerge(a)
    assert state(a) == "removed"
    assert figures()["Ida Holt"] == (4, 2, 1, 40_000)


def test_concurrent_merges_of_one_podcast_leave_one() -> None:
    a, b, c = podcast("a", "b"), podcast("a"), podcast("a", "c")
    before, barrier = everything(), Barrier(2)

    def attempt(survivor: int) -> str:
        barrier.wait()
        try:
            in_transaction(merge_podcasts, duplicate_id=a, survivor_id=survivor)
        except MergeRefused as refused:
            return refused.reason
        return ""

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, (b, c))) == ["", "already_merged"]
    unmerge(a)
    assert everything() == before


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_chain_is_unmerged_in_any_order(order: str) -> None:
    podcasts = {"a": podcast("1", "2", "3"), "b": podcast("1", "4"), "c": podcast("2", "4", "5")}
    before = everything()
    merge(podcasts["a"], podcasts["b"])
    merge(podcasts["b"], podcasts["c"])
    assert rows("SELECT DISTINCT duplicate_of FROM podcast WHERE state = 'duplicate'") == [
        {"duplicate_of": podcasts["c"]}
    ]
    assert figures()["Ida Holt"] == (10, 5, 1, 100_000)
    for name in order:
        unmerge(podcasts[name])
    assert everything() == before


def test_merge_into_a_duplicate_goes_to_the_one_that_remained() -> None:
    a, b, c = podcast("1"), podcast("2"), podcast("3")
    before = everything()
    merge(a, b)
    merge(c, a)
    assert one("SELECT duplicate_of FROM podcast WHERE id = :id", id=c) == b
    unmerge(a)
    assert figures()["Ida Holt"] == (6, 3, 2, 60_000)
    unmerge(c)
    assert everything() == before


def test_episode_same_as_one_that_leaves_takes_its_place() -> None:
    a, b, c = podcast("1"), podcast("2"), podcast("1")
    before = everything()
    merge(a, b)
    merge(c, b)
    unmerge(a)
    assert figures()["Ida Holt"] == (6, 3, 2, 60_000)
    unmerge(c)
    assert everything() == before


def test_episodes_stay_the_same_when_what_connected_them_leaves() -> None:
    a, b, c = podcast("1"), podcast(unread=("1",)), podcast("1")
    before = everything()
    merge(a, b)
    merge(c, b)
    unmerge(a)
    assert figures()["Ida Holt"] == (4, 2, 2, 40_000)
    assert (
        one("SELECT count(*) FROM episode WHERE podcast_id = :id AND duplicate_of IS NULL", id=b)
        == 1
    )
    unmerge(c)
    assert everything() == before


def test_opposite_merges_at_once_make_no_circle() -> None:
    a, b = podcast("1"), podcast("1")
    with ThreadPoolExecutor(1) as pool:
        with transaction() as first:
            merge_podcasts(first, duplicate_id=a, survivor_id=b)
            second = pool.submit(refusal, b, a)
            until_a_statement_waits_for_a_lock()
        assert second.result() == "merge_circle"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("not_a_person", {"label": "Ida Holt"}),
        ("split", {"person_id": "Ida Holt", "name": "Ida Holt"}),
        ("alias", {"label": "Ida Holt", "person_id": "Jo Berg"}),
        ("quarantine", {"person_id": "Ida Holt"}),
    ],
)
def test_decision_in_the_duplicate_holds_after_a_merge(kind: str, fields: dict[str, Any]) -> None:
    a, b = podcast("1", "2"), podcast("1", "3")
    if "person_id" in fields:
        fields = fields | {"person_id": person_of(fields["person_id"])}
    decided(kind, podcast_id=a, **fields)
    before = everything()
    attributed = rows("SELECT person_id, status FROM speaker ORDER BY id")
    merge(a, b)
    assert rows("SELECT person_id, status FROM speaker ORDER BY id") == attributed
    unmerge(a)
    assert everything() == before


def test_decision_in_the_survivor_holds_for_what_it_received() -> None:
    a, b = podcast("1", "2"), podcast("1", "3")
    before = everything()
    decided("not_a_person", label="Ida Holt", podcast_id=b)
    merge(a, b)
    assert figures()["Ida Holt"] == (0, 0, 0, 0)
    unmerge(a)
    assert figures()["Ida Holt"] == (4, 2, 1, 40_000)
    merge(a, b)
    decided("undo", decision_id=one("SELECT max(id) FROM identity_event"))
    unmerge(a)
    assert everything() == before


def test_decision_after_a_merge_reaches_what_was_received() -> None:
    a, b = podcast("1", "2"), podcast("1", "3")
    merge(a, b)
    decided("not_a_person", label="Ida Holt", podcast_id=b)
    assert figures()["Ida Holt"] == (0, 0, 0, 0)


def test_later_alias_of_the_survivor_gives_nothing_back() -> None:
    a, b = podcast("1", "2"), podcast("1", "3")
    decided("not_a_person", label="Ida Holt", podcast_id=a)
    decided("alias", label="Ida Holt", person_id=person_of("Jo Berg"), podcast_id=b)
    merge(a, b)
    statuses = "SELECT DISTINCT status FROM speaker s JOIN episode e ON e.id = s.episode_id "
    assert rows(statuses + "WHERE e.origin_podcast_id = :id AND label = 'Ida Holt'", id=a) == [
        {"status": "not_a_person"}
    ]


def test_episode_read_in_the_duplicate_serves_the_survivor() -> None:
    a, b = podcast("1"), podcast(unread=("1",))
    before = everything()
    merge(a, b)
    assert figures()["Ida Holt"] == (2, 1, 1, 20_000)
    assert one("SELECT podcast_id FROM person_podcast LIMIT 1") == b
    unmerge(a)
    assert everything() == before


def test_document_of_the_survivor_finds_its_own_episode() -> None:
    """Although the duplicate's episode, with the same guid, counts in the survivor."""
    a, b = podcast("1"), podcast(unread=("1",))
    merge(a, b)
    item = Item(title="New title", guid="1")
    document = Feed(format="rss", title="A podcast", items=(item,))
    change = in_transaction(store_feed, b, document, b"<rss/>", NOW)
    assert (change.new, change.changed) == (0, 1)
    titles = rows("SELECT title FROM episode ORDER BY id")
    assert titles == [{"title": "Episode 1"}, {"title": "New title"}]
    before = everything()
    assert not in_transaction(store_feed, a, document, b"<rss/>", NOW).any
    assert everything() == before


def test_own_episode_of_the_survivor_counts_once_it_is_read() -> None:
    a, b = podcast("1"), podcast(unread=("1",))
    merge(a, b)
    own = one("SELECT id FROM episode WHERE podcast_id = :id AND identity = '1'", id=b)
    assert in_transaction(groups_to_place) == []
    in_transaction(store, own, spoken("Ida Holt: one", "Ida Holt: two", "Ida Holt: three"))
    assert differences() == 0
    (root,) = in_transaction(groups_to_place)
    in_transaction(place_group, root)
    assert one("SELECT duplicate_of FROM episode WHERE id = :id", id=own) is None
    assert figures()["Ida Holt"] == (3, 1, 1, 30_000)
    assert in_transaction(groups_to_place) == []


def test_unmerge_gives_back_the_state_before() -> None:
    a, b = podcast("1"), podcast("1")
    in_transaction(pause, a)
    merge(a, b)
    unmerge(a)
    assert state(a) == "paused"
    assert rows(
        "SELECT next_poll_at, next_poll_reason FROM crawl WHERE podcast_id = :id", id=a
    ) == [{"next_poll_at": None, "next_poll_reason": "paused"}]


@pytest.mark.parametrize("removed", ["a", "b"])
def test_merge_with_a_removed_podcast_is_refused(removed: str) -> None:
    podcasts = {"a": podcast("1"), "b": podcast("1")}
    in_transaction(remove, podcasts[removed])
    expected = "not_followed" if removed == "a" else "survivor_not_followed"
    assert refusal(podcasts["a"], podcasts["b"]) == expected


def test_survivor_that_is_removed_hides_what_it_received() -> None:
    a, b = podcast("1", "2"), podcast("1", "3")
    before = figures()["Ida Holt"][0]
    merge(a, b)
    in_transaction(remove, b)
    assert figures()["Ida Holt"] == (0, 0, 0, 0)
    unmerge(a)
    assert figures()["Ida Holt"] == (before // 2, 2, 1, 40_000)


def test_database_refuses_states_that_do_not_fit() -> None:
    a, b = podcast("1"), podcast("1")
    for wrong in ("state = 'duplicate'", f"duplicate_of = {b}", "state = 'lost'"):
        with pytest.raises(Exception, match="check constraint"):
            execute(f"UPDATE podcast SET {wrong} WHERE id = :id", id=a)  # noqa: S608


def test_unmerge_of_unmerged_podcast_does_nothing() -> None:
    assert not in_transaction(unmerge_podcast, podcast("1"))
