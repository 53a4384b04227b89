"""The index finds what the rows say, by word, person, podcast, day and language."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models import PodcastState
from models.database import in_transaction
from models.queries.search import confirmed
from tasks.feeds.store import set_podcast_state
from tasks.search.index_directory import IndexMissing, checkpoint_of, current, reader_of
from tasks.search.indexer import rebuild_index
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order, SearchRefused
from tests.factories import add_episode, add_podcast, execute, new_episode, one, spoken, store
from tests.integration.tasks.search.conftest import Find

pytestmark = pytest.mark.slow

InStep = Callable[[], None]


_SPEAK = """
    UPDATE podcast SET language = :language
    WHERE id = (SELECT podcast_id FROM episode WHERE id = :episode)
"""


def heard(*turns: str, language: str = "en-GB", **more: Any) -> int:
    """An episode of a podcast of its own in which this is said."""
    episode = new_episode(**more)
    execute(_SPEAK, language=language, episode=episode)
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
def test_a_search_finds_exactly_what_it_asks_for(
    search: str, found: set[int], find: Find, in_step: InStep
) -> None:
    heard(*TALK)
    in_step()
    said = [turn.partition(": ")[2] for turn in TALK]
    assert set(texts(find, search)) == {said[number] for number in found}
    assert find(search).total == len(found)


def test_it_is_filtered_by_person_podcast_day_and_language(find: Find, in_step: InStep) -> None:
    first = heard(*TALK, stats_date=date(2026, 1, 1), language="de-AT")
    heard(*TALK, stats_date=date(2026, 2, 1))
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=first)
    bob = one("SELECT id FROM person WHERE slug = 'bob-jones'")
    in_step()
    assert find("late").total == 4
    assert find("late", person_id=bob).total == 2
    assert find("late", podcast_id=podcast).total == 2
    assert find("late", podcast_id=podcast, person_id=bob).total == 1
    assert find("late", language="de").total == 2
    assert find("late", since=date(2026, 1, 2)).total == 2
    assert find("late", until=date(2026, 1, 1)).total == 2
    assert find("late", since=date(2026, 1, 1), until=date(2026, 2, 1)).total == 4
    assert find("late", since=date(2026, 3, 1)).total == 0


def test_by_date_the_newest_comes_first_and_pages_join_without_a_seam(
    find: Find, in_step: InStep
) -> None:
    for day in (3, 1, 2):
        heard(*(f"Ann Smith: word {day} {n}" for n in range(7)), stats_date=date(2026, 1, day))
    in_step()
    paged, after = list[str](), None
    while True:
        page = find("word", limit=4, after=after)
        assert page.total == 21
        paged += [row.text for row in in_transaction(confirmed, page.appearance_ids)]
        if (after := page.next_place) is None:
            break
    assert paged == [f"word {day} {n}" for day in (3, 2, 1) for n in range(7)]


def test_by_relevance_pages_join_too(find: Find, in_step: InStep) -> None:
    heard(*(f"Ann Smith: {'word ' * (n + 1)}" for n in range(9)))
    in_step()
    first = find("word", order=Order.relevance, limit=5)
    rest = find("word", order=Order.relevance, limit=5, after=first.next_place)
    assert len({*first.appearance_ids, *rest.appearance_ids}) == 9
    assert rest.next_place is None


def test_an_edited_episode_is_found_by_its_new_words_only(find: Find, in_step: InStep) -> None:
    episode = heard("Ann Smith: old words")
    in_step()
    in_transaction(store, episode, spoken("Ann Smith: new words"))
    in_step()
    assert texts(find, "words") == ["new words"]
    assert find("old").total == 0


def test_what_a_removed_podcast_said_is_not_found_until_it_is_back(
    find: Find, in_step: InStep
) -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast)
    in_transaction(store, episode, spoken("Speaker 1: hello"))
    in_step()
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    in_step()
    assert find("hello").total == 0
    in_transaction(set_podcast_state, podcast, PodcastState.active)
    in_step()
    assert find("hello").total == 1


def test_what_the_index_still_holds_of_removed_rows_is_not_confirmed(
    find: Find, in_step: InStep
) -> None:
    episode = heard(*TALK)
    in_step()
    execute("DELETE FROM appearance WHERE episode_id = :id AND position = 1", id=episode)
    assert find("train").total == 2
    assert texts(find, "train") == ["Time flies, trains don't."]


def test_languages_are_stemmed_by_their_own_rules(find: Find, in_step: InStep) -> None:
    heard("Ann Smith: Die Häuser sind groß.", language="de")
    heard("Ann Smith: The houses are big.")
    in_step()
    assert texts(find, "Haus") == ["Die Häuser sind groß."]
    assert texts(find, "house") == ["The houses are big."]


def test_scripts_without_spaces_are_found_by_any_part(find: Find, in_step: InStep) -> None:
    heard("Ann Smith: 我们谈论机器学习。")
    in_step()
    assert find("机器学习").total == 1
    assert find("学习机器").total == 0


def test_hostile_text_is_indexed_and_found(find: Find, in_step: InStep) -> None:
    heard(
        "Ann Smith: <script>alert(1)</script> \u202eevil\u202c marks",
        f"Ann Smith: {'long ' * 200_000}",
        f"Ann Smith: {'x' * 1_000_000} end",
    )
    in_step()
    assert find("alert").total == 1
    assert find("long").total == 1
    assert find("end").total == 1


def test_matches_are_counted_by_podcast_and_person(root: Path, in_step: InStep) -> None:
    heard(*TALK)
    heard(*TALK[:2])
    in_step()
    search = Searcher(parse("late OR time"), Filters(), reader_of(root).searcher())
    counted = search.counted(search.find(Order.date, limit=1).total)
    people = {row: one("SELECT slug FROM person WHERE id = :id", id=row) for row in counted.people}
    assert {people[row]: n for row, n in counted.people.items()} == {"ann-smith": 3, "bob-jones": 2}
    assert sorted(counted.podcasts.values()) == [2, 3]
    assert counted.among == 5


def test_a_star_that_would_read_half_the_dictionary_is_refused(find: Find, in_step: InStep) -> None:
    heard(*(f"Ann Smith: {' '.join(f'ab{n}x{m}' for m in range(300))}" for n in range(8)))
    in_step()
    with pytest.raises(SearchRefused, match="write more of it"):
        find("ab*")
    assert find("ab1*").total == 1


def test_an_index_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        reader_of(tmp_path / "nowhere").searcher()


def test_a_rebuilt_index_says_the_same_as_the_one_kept_in_step(
    root: Path, find: Find, in_step: InStep
) -> None:
    searches = ("late", "train OR late", '"on time"', "ti*", "word -late")
    for number in range(5):
        episode = heard(*TALK, f"Bob Jones: word {number}")
        in_step()
        in_transaction(store, episode, spoken(*TALK[number % 3 :], f"Carla Diaz: word {number}"))
    in_step()
    kept = [find(search) for search in searches]
    before = current(root)
    rebuild_index(root)
    assert current(root) != before
    assert [find(search) for search in searches] == kept
    assert all(findings.total for findings in kept)


def test_an_index_in_step_stands_at_the_last_change(root: Path, in_step: InStep) -> None:
    episode = heard(*TALK)
    in_step()
    place = checkpoint_of(reader_of(root).searcher())
    assert place is not None
    assert (place.cursor.kind, place.cursor.subject) == ("episode", episode)
