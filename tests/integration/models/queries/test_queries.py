"""Questions that pages ask: pages by cursor while rows arrive, charts and what is trending."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from models import PodcastState
from models.database import in_transaction
from models.queries.appearances import (
    AppearanceCursor,
    AppearanceFilter,
    appearances_of_person,
)
from models.queries.charts import chart, trending
from models.queries.lists import browse_people
from models.queries.person import names_of_person, speaks_with
from models.year_span import year_span
from tests.factories import (
    TODAY,
    add_episode,
    add_podcast,
    execute,
    one,
    rows,
    set_podcast_state,
    spoken,
    store,
)

pytestmark = pytest.mark.usefixtures("database")


def spoken_on(podcast: int, day: date, *turns: str) -> int:
    """An episode of a day with these turns."""

    def work(session: Session) -> int:
        episode = add_episode(session, podcast, stats_date=day)
        store(session, episode, spoken(*turns))
        return episode

    return in_transaction(work)


def podcast() -> int:
    return in_transaction(add_podcast)


def person(slug: str) -> int:
    return int(one("SELECT id FROM person WHERE slug = :slug", slug=slug))


def pages(
    person_id: int,
    limit: int,
    wanted: AppearanceFilter = AppearanceFilter(),  # noqa: B008
) -> Iterator[list[Any]]:
    """Page after page, as a reader follows them; the caller may add rows in between."""
    after: AppearanceCursor | None = None
    while True:
        page = in_transaction(appearances_of_person, person_id, wanted, after=after, limit=limit)
        yield [row.id for row in page]
        if len(page) < limit:
            return
        after = page[-1].cursor


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_pages_of_any_size_have_every_appearance_once_in_order(limit: int) -> None:
    shows = [podcast(), podcast()]
    for number in range(6):  # two episodes share each day
        day = TODAY - timedelta(days=number // 2)
        spoken_on(
            shows[number % 2], day, *(f"Ann Smith: {n} of {number}." for n in range(4)), "Music: x"
        )
    found = [one for page in pages(person("ann-smith"), limit) for one in page]
    in_order = rows("""
        SELECT a.id FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        JOIN episode e ON e.id = a.episode_id WHERE s.label = 'Ann Smith'
        ORDER BY e.stats_date DESC, e.id DESC, a.position
    """)
    assert found == [row["id"] for row in in_order]
    assert len(found) == 24


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_pages_of_one_year_have_all_its_appearances(
    limit: int,
) -> None:
    show = podcast()
    new_year = date(TODAY.year - 1, 1, 1)
    wanted = []
    for number in range(-3, 9):  # three episodes a day: one day before, three in the year
        episode = spoken_on(
            show, new_year + timedelta(days=number // 3), "Ann Smith: 1.", "Bob Jo: 1."
        )
        wanted += [episode] if number >= 0 else []
    spoken_on(show, TODAY, "Ann Smith: 1.")
    year = AppearanceFilter(None, *year_span(new_year.year))
    found = [one for page in pages(person("ann-smith"), limit, year) for one in page]
    query = "SELECT episode_id FROM appearance WHERE id = :id"
    assert [one(query, id=id_) for id_ in found] == wanted[::-1]


def test_pages_show_each_appearance_once_while_episodes_arrive() -> None:
    show = podcast()
    for number in range(8):
        spoken_on(show, TODAY - timedelta(days=2 * number), *(f"Ann Smith: {n}." for n in range(5)))
    there = {row["id"] for row in rows("SELECT id FROM appearance")}
    found: list[int] = []
    for number, page in enumerate(pages(person("ann-smith"), 3)):
        found += page
        spoken_on(show, TODAY - timedelta(days=number), "Ann Smith: New.", "Ann Smith: Newer.")
    assert len(found) == len(set(found))
    assert there <= set(found)


@pytest.mark.slow
def test_pages_of_100000_appearances_show_each_once() -> None:
    show = podcast()
    for number in range(20):
        spoken_on(show, TODAY - timedelta(days=number), "Ann Smith: First.")
    execute("""
        INSERT INTO appearance (episode_id, speaker_id, fingerprint, ordinal, position, text)
        SELECT episode_id, id, n, 0, n, 'word ' || n FROM speaker, generate_series(1, 4999) n
    """)
    there = {row["id"] for row in rows("SELECT id FROM appearance")}
    assert len(there) == 100_000
    execute("UPDATE speaker SET appearances = 5000")
    found: list[int] = []
    for number, page in enumerate(pages(person("ann-smith"), 4001)):
        found += page
        spoken_on(show, TODAY - timedelta(days=number), "Ann Smith: New.", "Ann Smith: Newer.")
    assert len(found) == len(set(found))
    assert there <= set(found)


def test_word_filter_reads_all_episodes_and_escapes_wildcards() -> None:
    show = podcast()
    for number in range(5):
        spoken_on(show, TODAY - timedelta(days=number), f"Ann Smith: {number}0% of it_{number}.")
    wanted = AppearanceFilter(words="30% of IT_3")
    assert [len(page) for page in pages(person("ann-smith"), 2, wanted)] == [1]
    assert [len(page) for page in pages(person("ann-smith"), 2, AppearanceFilter(words="%_%"))] == [
        0
    ]


def test_what_counts_nowhere_is_not_quoted() -> None:
    followed, removed = podcast(), podcast()
    spoken_on(followed, TODAY, "Ann Smith: Here.")
    spoken_on(removed, TODAY, "Ann Smith: There.")
    in_transaction(set_podcast_state, removed, PodcastState.removed)
    assert [len(page) for page in pages(person("ann-smith"), 9)] == [1]


@pytest.mark.parametrize("written", ["", "x", "2026-01-01.1", "2026-13-01.1.1", "2026-01-01.-1.1"])
def test_a_cursor_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AppearanceCursor.read(written)


def test_people_by_any_order_come_once_each_page_after_page() -> None:
    show = podcast()
    for number in range(9):
        name = f"Ann {'Abcdefghi'[number].upper()}smith"
        spoken_on(
            show,
            TODAY - timedelta(days=number // 3),
            *[f"{name}: {n}." for n in range(1 + number % 3)],
        )
    for order, column in (("appearances", "appearances"), ("new", "first_on"), ("name", "slug")):
        found: list[str] = []
        after = None
        while page := in_transaction(browse_people, order=order, after=after, limit=2):
            found += [row.slug for row in page]
            after = (str(getattr(page[-1], column)), page[-1].slug)
        assert sorted(found) == sorted({row["slug"] for row in rows("SELECT slug FROM person")})


def places(of: str, days: int | None) -> list[tuple[str, int, int, int | None]]:
    ranked = in_transaction(chart, of, TODAY, days)
    return [(row.name, row.now, row.rank, row.rank_before) for row in ranked]


def test_chart_ranks_a_period_and_the_one_before() -> None:
    show = podcast()
    spoken_on(show, TODAY, "Ann Smith: 1.", "Ann Smith: 2.", "Bob Jones: 1.", "Cy Young: 1.")
    spoken_on(show, TODAY - timedelta(days=6), "Cy Young: 2.")
    spoken_on(show, TODAY - timedelta(days=7), "Bob Jones: 2.", "Bob Jones: 3.", "Ann Smith: 3.")
    spoken_on(show, TODAY - timedelta(days=13), "Bob Jones: 4.")
    spoken_on(show, TODAY - timedelta(days=14), "Cy Young: 9.")
    assert places("people", 7) == [
        ("Ann Smith", 2, 1, 2),
        ("Cy Young", 2, 1, None),
        ("Bob Jones", 1, 3, 1),
    ]
    assert [place[1] for place in places("people", None)] == [4, 3, 3]


def test_podcasts_and_topics_are_ranked_by_all_that_is_spoken() -> None:
    known, other = podcast(), podcast()
    spoken_on(known, TODAY, "Ann Smith: 1.", "Music", "Music: 2.")
    spoken_on(other, TODAY - timedelta(days=40), "Speaker 2: 1.")
    execute("INSERT INTO topic (slug, name) VALUES ('tea', 'Tea')")
    execute("INSERT INTO episode_topic SELECT e.id, t.id FROM episode e, topic t")
    assert [place[1:] for place in places("podcasts", 30)] == [(3, 1, None)]
    assert [place[1:] for place in places("podcasts", None)] == [(3, 1, None), (1, 2, 1)]
    assert places("topics", 30) == [("Tea", 3, 1, 1)]


def test_trending_lists_guests_of_two_podcasts_above_usual() -> None:
    first, second, third = podcast(), podcast(), podcast()
    turns = ["Ann Smith: 1.", "Ann Smith: 2.", "Ann Smith: 3."]
    for number in range(4):  # a host, in every episode of two shows
        day = TODAY - timedelta(days=number)
        spoken_on(first, day, "Hal Host: 1.", "Hal Host: 2.", f"Guest Number{'abcd'[number]}: 1.")
        spoken_on(second, day, "Hal Host: 3.")
    spoken_on(first, TODAY, *turns)  # a guest of two shows
    spoken_on(second, TODAY, *turns)
    spoken_on(third, TODAY, "Uma Usual: 1.", "Uma Usual: 2.", "Uma Usual: 3.", "Uma Usual: 4.")
    spoken_on(first, TODAY, "Uma Usual: 5.", "Uma Usual: 6.")
    spoken_on(first, TODAY - timedelta(days=100), *(f"Uma Usual: {n}." for n in range(240)))
    found = in_transaction(trending, TODAY)
    assert [(row.name, row.now, row.podcasts) for row in found] == [
        ("Ann Smith", 6, 2),
        ("Uma Usual", 6, 2),
    ]
    assert [row.usual for row in found] == [0, 240 * 30 / 360]
    assert found[0].rate == 6 / 10


def test_labels_and_companions_are_of_visible_episodes() -> None:
    shown, hidden = podcast(), podcast()
    spoken_on(shown, TODAY, "Ann Smith: Hello.", "Bob Jones: Hi.")
    spoken_on(hidden, TODAY, "Ann Smith: Hello.", "Ann Smith: So.", "Cy Young: Hey.")
    ann, bob, cy = (person(slug) for slug in ("ann-smith", "bob-jones", "cy-young"))

    def names_and_others() -> tuple[list[int], list[int]]:
        names = in_transaction(names_of_person, ann)
        others = in_transaction(speaks_with, ann)
        return [row.appearances for row in names], [row.id for row in others]

    assert names_and_others() == ([3], [bob, cy])
    in_transaction(set_podcast_state, hidden, PodcastState.removed)
    assert names_and_others() == ([1], [bob])
