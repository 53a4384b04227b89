"""Searches find segments by word, person, podcast, day and language."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models import PodcastState
from models.database import in_transaction
from models.queries.search import confirmed
from tasks.search.index_directory import checkpoint_of, current, reader_of
from tasks.search.index_searcher import IndexMissing
from tasks.search.indexer import rebuild_index
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order, SearchRefused
from tests.factories import (
    add_episode,
    add_podcast,
    execute,
    new_episode,
    one,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.tasks.search.conftest import Find

pytestmark = pytest.mark.slow

IndexAll = Callable[[], None]


_SET_LANGUAGE = """
    UPDATE podcast SET language = :language
    WHERE id = (SELECT podcast_id FROM episode WHERE id = :episode)
"""


def store_episode(*turns: str, language: str = "en-GB", **more: Any) -> int:
    """Store an episode with these turns, in its own podcast."""
    episode = new_episode(**more)
    execute(_SET_LANGUAGE, language=language, episode=episode)
    in_transaction(store, episode, spoken(*turns))
    return episode


def texts(find: Find, search: str, **more: object) -> list[str]:
    rows = in_transaction(confirmed, find(search, **more).appearance_ids)
    return [row.text for row in rows]


TALK = (
    "Ann Smith: We were running late.",
    "Bob Jones: The late train runs on time.",
    "Ann Smith: Time flies, trains don't.",
)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("run", {0, 1}),
        ('"running"', {0}),
        ('"the late train"', {1}),
        ('"late the"', set()),
        ("train late", {1}),
        ("train OR late", {0, 1, 2}),
        ("train -late", {2}),
        ("train NOT (late OR flies)", set()),
        ("fl*", {2}),
        ("don't", {2}),
        ("RUNNING", {0, 1}),
        ("nowhere", set()),
        ("late AND (time OR running)", {0, 1}),
    ],
)
def test_search_finds_exactly_the_matches(
    search: str, found: set[int], find: Find, index_all: IndexAll
) -> None:
    store_episode(*TALK)
    index_all()
    texts_of_talk = [turn.partition(": ")[2] for turn in TALK]
    assert set(texts(find, search)) == {texts_of_talk[number] for number in found}
    assert find(search).total == len(found)


def test_search_filters_by_person_podcast_day_and_language(find: Find, index_all: IndexAll) -> None:
    first = store_episode(*TALK, stats_date=date(2026, 1, 1), language="de-AT")
    store_episode(*TALK, stats_date=date(2026, 2, 1))
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=first)
    bob = one("SELECT id FROM person WHERE slug = 'bob-jones'")
    index_all()
    assert find("late").total == 4
    assert find("late", person_id=bob).total == 2
    assert find("late", podcast_id=podcast).total == 2
    assert find("late", podcast_id=podcast, person_id=bob).total == 1
    assert find("late", language="de").total == 2
    assert find("late", since=date(2026, 1, 2)).total == 2
    assert find("late", until=date(2026, 1, 1)).total == 2
    assert find("late", since=date(2026, 1, 1), until=date(2026, 2, 1)).total == 4
    assert find("late", since=date(2026, 3, 1)).total == 0


def test_search_pages_by_date_join_newest_first(find: Find, index_all: IndexAll) -> None:
    for day in (3, 1, 2):
        store_episode(
            *(f"Ann Smith: word {day} {n}" for n in range(7)), stats_date=date(2026, 1, day)
        )
    index_all()
    paged, after = list[str](), None
    while True:
        page = find("word", limit=4, after=after)
        assert page.total == 21
        paged += [row.text for row in in_transaction(confirmed, page.appearance_ids)]
        if (after := page.next_cursor) is None:
            break
    assert paged == [f"word {day} {n}" for day in (3, 2, 1) for n in range(7)]


def test_search_pages_by_relevance_join(find: Find, index_all: IndexAll) -> None:
    store_episode(*(f"Ann Smith: {'word ' * (n + 1)}" for n in range(9)))
    index_all()
    first = find("word", order=Order.relevance, limit=5)
    rest = find("word", order=Order.relevance, limit=5, after=first.next_cursor)
    assert len({*first.appearance_ids, *rest.appearance_ids}) == 9
    assert rest.next_cursor is None


def test_search_finds_an_edited_episode_by_new_words_only(find: Find, index_all: IndexAll) -> None:
    episode = store_episode("Ann Smith: old words")
    index_all()
    in_transaction(store, episode, spoken("Ann Smith: new words"))
    index_all()
    assert texts(find, "words") == ["new words"]
    assert find("old").total == 0


def test_search_excludes_a_podcast_while_it_is_removed(find: Find, index_all: IndexAll) -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast)
    in_transaction(store, episode, spoken("Speaker 1: hello"))
    index_all()
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    index_all()
    assert find("hello").total == 0
    in_transaction(set_podcast_state, podcast, PodcastState.active)
    index_all()
    assert find("hello").total == 1


def test_search_results_of_deleted_rows_are_not_confirmed(find: Find, index_all: IndexAll) -> None:
    episode = store_episode(*TALK)
    index_all()
    execute("DELETE FROM appearance WHERE episode_id = :id AND position = 1", id=episode)
    assert find("train").total == 2
    assert texts(find, "train") == ["Time flies, trains don't."]


def test_search_stems_each_language_by_its_own_rules(find: Find, index_all: IndexAll) -> None:
    store_episode("Ann Smith: Die Häuser sind groß.", language="de")
    store_episode("Ann Smith: The houses are big.")
    index_all()
    assert texts(find, "Haus") == ["Die Häuser sind groß."]
    assert texts(find, "house") == ["The houses are big."]


def test_search_finds_any_part_of_unspaced_scripts(find: Find, index_all: IndexAll) -> None:
    store_episode("Ann Smith: 我们谈论机器学习。")
    index_all()
    assert find("机器学习").total == 1
    assert find("学习机器").total == 0


def test_search_finds_words_in_hostile_text(find: Find, index_all: IndexAll) -> None:
    store_episode(
        "Ann Smith: <script>alert(1)</script> \u202eevil\u202c marks",
        f"Ann Smith: {'long ' * 200_000}",
        f"Ann Smith: {'x' * 1_000_000} end",
    )
    index_all()
    assert find("alert").total == 1
    assert find("long").total == 1
    assert find("end").total == 1


def test_search_counts_matches_by_podcast_and_person(root: Path, index_all: IndexAll) -> None:
    store_episode(*TALK)
    store_episode(*TALK[:2])
    index_all()
    search = Searcher(parse("late OR time"), Filters(), reader_of(root).searcher())
    counts = search.counts(search.find(Order.date, limit=1).total)
    people = {row: one("SELECT slug FROM person WHERE id = :id", id=row) for row in counts.people}
    assert {people[row]: n for row, n in counts.people.items()} == {"ann-smith": 3, "bob-jones": 2}
    assert sorted(counts.podcasts.values()) == [2, 3]
    assert counts.among == 5


def test_search_with_too_common_prefix_is_refused(find: Find, index_all: IndexAll) -> None:
    store_episode(*(f"Ann Smith: {' '.join(f'ab{n}x{m}' for m in range(300))}" for n in range(8)))
    index_all()
    with pytest.raises(SearchRefused, match="add letters"):
        find("ab*")
    assert find("ab1*").total == 1


def test_missing_index_raises_index_missing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        reader_of(tmp_path / "nowhere").searcher()


def test_rebuilt_index_gives_the_same_results(root: Path, find: Find, index_all: IndexAll) -> None:
    searches = ("late", "train OR late", '"on time"', "ti*", "word -late")
    for number in range(5):
        episode = store_episode(*TALK, f"Bob Jones: word {number}")
        index_all()
        in_transaction(store, episode, spoken(*TALK[number % 3 :], f"Carla Diaz: word {number}"))
    index_all()
    before_rebuild = [find(search) for search in searches]
    before = current(root)
    rebuild_index(root)
    assert current(root) != before
    assert [find(search) for search in searches] == before_rebuild
    assert all(findings.total for findings in before_rebuild)


def test_updated_index_is_at_the_last_change(root: Path, index_all: IndexAll) -> None:
    episode = store_episode(*TALK)
    index_all()
    place = checkpoint_of(reader_of(root).searcher())
    assert place is not None
    assert (place.cursor.kind, place.cursor.subject) == ("episode", episode)
