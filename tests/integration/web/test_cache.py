"""The cache of the pages: an entry is used only while a query would find the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import PodcastState, get_settings
from models.database import engine, in_transaction
from models.queries.appearances import AppearanceFilter, spoken_episodes
from models.queries.changes import Subject, begin_epoch, note_podcasts
from models.queries.person import names_of_person, timeline_of_person
from models.queries.podcast_pages import podcast_counts, topics_of_podcast
from models.queries.roles import roles_of_people
from tasks.counts.store.recount import recount
from tasks.identity import decisions as identity_decisions
from tasks.podcasts.store.merge import merge_podcasts, unmerge_podcast
from tasks.speakers.store.attribution import check_attributions
from tasks.topics.store import store_topics
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    execute,
    new_episode,
    one,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.waiting import until_all_changes_are_shown
from tests.integration.web.world import web_process
from web.cache import cache as keeping
from web.cache.cache import CacheEntry, QueryCache, Ranking, cached, cached_per_podcast, ranking
from web.cache.change_tracker import EVERYTHING, ChangeTracker
from web.presenters.person import co_speakers, podcasts_with_roles
from web.read_transaction import snapshot

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    keeping.clear_cache()


@pytest.fixture
def episode(database: str) -> int:
    del database
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Bob Jones: Hello."))
    return episode


def podcast_of(episode: int) -> int:
    return int(one("SELECT podcast_id FROM episode WHERE id = :id", id=episode))


def person_of(slug: str) -> int:
    return int(one("SELECT id FROM person WHERE slug = :slug", slug=slug))


def person(slug: str) -> frozenset[Subject]:
    return keeping.person(person_of(slug))


@contextmanager
def settled() -> Iterator[Session]:
    """A snapshot that no transaction is older than that may have noted something, in any database.

    When one ends, what was noted since it began counts as changed, also if it ran elsewhere.
    """
    until_all_changes_are_shown()
    with snapshot() as session:
        yield session


class Watch:
    """Whether subjects are as they were when it was made, or at the last question."""

    def __init__(self, following: ChangeTracker | None = None, reading: Any = settled) -> None:
        self.following = following or ChangeTracker()
        self._reading = reading
        self._number = self.number()

    def number(self) -> int:
        with self._reading() as session:
            number = self.following.state_number(session)
        assert number is not None
        return number

    def changed(self, about: Sequence[Subject] | frozenset[Subject] = EVERYTHING) -> bool:
        before, self._number = self._number, self.number()
        return not self.following.unchanged(about, before, self._number)


def _repaired() -> None:
    execute("UPDATE person_day SET appearances = 9")
    in_transaction(recount, check_attributions, fix=True)


def _without_episodes() -> None:
    for table in ("appearance", "speaker", "episode"):
        execute(f"DELETE FROM {table}")  # noqa: S608


def _found_topics(podcast: int) -> None:
    """Store the old categories of a feed as topics; the row of the podcast stays as it was."""
    execute("UPDATE podcast SET categories = '[\"Tea\"]'")
    watch = Watch()
    in_transaction(store_topics, [podcast], (), ())
    assert watch.changed(keeping.podcast(podcast))
    assert one("SELECT count(*) FROM episode_topic") == 1


_CHANGES: dict[str, Callable[[int], object]] = {
    "a transcript": lambda e: in_transaction(store, e, spoken("Ann Smith: Hello.")),
    "a podcast more": lambda _: in_transaction(add_podcast),
    "a podcast less": lambda e: in_transaction(
        set_podcast_state, podcast_of(e), PodcastState.removed
    ),
    "a name": lambda _: execute("UPDATE person SET name = 'Ann Other' WHERE slug = 'ann-smith'"),
    "a day": lambda e: execute("UPDATE episode SET stats_date = '2020-01-01' WHERE id = :e", e=e),
    "a repair": lambda _: _repaired(),
    "the topics of a podcast from before there were any": lambda e: _found_topics(podcast_of(e)),
    "another history": lambda _: in_transaction(begin_epoch),
    "an episode less": lambda _: _without_episodes(),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_after_a_change_everything_is_other(episode: int, change: str) -> None:
    watch = Watch()
    _CHANGES[change](episode)
    assert watch.changed()


def test_unrelated_change_invalidates_nothing(episode: int) -> None:
    watch = Watch()
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Bob Jones: Hello."))
    execute("UPDATE crawl SET error_count = 0")
    assert not watch.changed()


def test_transcript_invalidates_its_podcast_and_speakers_only(
    episode: int,
) -> None:
    other = new_episode()
    in_transaction(store, other, spoken("Cy Young: Hello.", "Di Xu: Hello."))
    watch = Watch()
    before = watch.number()
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Ed West: Hello."))
    changed, now = watch.following, watch.number()
    affected_subjects = [
        person("ann-smith"),
        person("bob-jones"),
        person("ed-west"),
        keeping.podcast(podcast_of(episode)),
    ]
    assert not any(changed.unchanged(about, before, now) for about in affected_subjects)
    others = [person("cy-young"), person("di-xu"), keeping.podcast(podcast_of(other))]
    assert all(changed.unchanged(about, before, now) for about in others)


@pytest.mark.usefixtures("episode")
def test_label_change_with_equal_counts_invalidates_the_person() -> None:
    watch = Watch()
    execute("UPDATE speaker SET evidence = 'a letter' WHERE label = 'Ann Smith'")
    assert watch.changed(person("ann-smith"))


def test_moved_episode_invalidates_both_podcasts() -> None:
    survivor, duplicate = (in_transaction(add_podcast) for _ in range(2))
    in_transaction(store, in_transaction(add_episode, duplicate), spoken("Ann Smith: Hello."))
    both = [keeping.podcast(survivor), keeping.podcast(duplicate)]
    for move in (
        lambda: in_transaction(merge_podcasts, duplicate_id=duplicate, survivor_id=survivor),
        lambda: execute("UPDATE episode SET podcast_id = :d", d=duplicate),
    ):
        watch = Watch()
        before = watch.number()
        move()
        now = watch.number()
        assert not any(watch.following.unchanged(about, before, now) for about in both)


def test_late_commit_of_an_older_transaction_invalidates(episode: int) -> None:
    other = new_episode()
    with engine().connect() as slow:
        slow.execute(text("UPDATE episode SET title = 'slow' WHERE id = :id"), {"id": episode})
        execute("UPDATE episode SET title = 'fast' WHERE id = :id", id=other)
        watch = Watch(reading=snapshot)
        slow.commit()
    assert watch.changed(keeping.podcast(podcast_of(episode)))


def test_older_transaction_with_a_noted_subject_invalidates(episode: int) -> None:
    with engine().connect() as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        execute("UPDATE episode SET title = 'fast' WHERE id = :id", id=episode)
        slow.execute(text("UPDATE episode SET title = 'slow' WHERE id = :id"), {"id": episode})
        watch = Watch(reading=snapshot)
        slow.commit()
    assert watch.changed(keeping.podcast(podcast_of(episode)))


def test_restored_dump_with_newer_versions_disables_caching(episode: int) -> None:
    following = ChangeTracker()
    watch = Watch(following)
    execute("UPDATE change_log SET version = version + 1000000")
    with snapshot() as session:
        assert following.state_number(session) is None
    in_transaction(begin_epoch)
    assert watch.changed(keeping.podcast(podcast_of(episode)))


def test_older_snapshot_than_seen_has_no_number(episode: int) -> None:
    following = ChangeTracker()
    with snapshot() as old:
        old.connection().execute(text("SELECT"))
        execute("UPDATE episode SET title = 'new' WHERE id = :id", id=episode)
        with snapshot() as new:
            assert following.state_number(new) is not None
        assert following.state_number(old) is None


def test_many_changes_at_once_invalidate_everything(episode: int) -> None:
    in_transaction(store, new_episode(), spoken("Cy Young: Hello."))
    watch = Watch(ChangeTracker(max_changes=2))
    in_transaction(store, episode, spoken("Ann Smith: Well."))
    assert watch.changed(person("cy-young"))
    assert not watch.changed()


@pytest.mark.usefixtures("episode")
def test_of_many_subjects_it_is_forgotten_when_they_changed() -> None:
    watch = Watch(ChangeTracker(max_subjects=2))
    in_transaction(store, new_episode(), spoken("Cy Young: Hello.", "Di Xu: Hello."))
    assert watch.changed(person("ann-smith"))
    assert not watch.changed(person("ann-smith"))


class ReingestReceipt:
    """A query that counts how often it is run."""

    def __init__(self, query: str) -> None:
        self.query = text(query)
        self.times = 0

    def __call__(self, session: Session, /, subject: int = 0) -> list[dict[str, Any]]:
        self.times += 1
        params = {"id": subject} if ":id" in self.query.text else {}
        return [dict(row) for row in session.connection().execute(self.query, params).mappings()]


def test_query_runs_again_only_after_its_subject_changed(
    episode: int,
) -> None:
    title = ReingestReceipt("SELECT title FROM episode WHERE id = :id")

    def answer() -> list[dict[str, str]]:
        with settled() as session:
            return cached(session, keeping.podcast(podcast_of(episode)), title, episode)

    answer()[0]["title"] = "what a page made of it"
    assert answer() == answer() == [{"title": one("SELECT title FROM episode")}]
    assert title.times == 1
    new_episode()  # of another podcast
    assert answer()
    assert title.times == 1
    execute("UPDATE episode SET title = 'New' WHERE id = :id", id=episode)
    assert answer() == [{"title": "New"}]
    assert title.times == 2


def test_newer_cached_result_is_not_given_to_older_snapshot(
    episode: int,
) -> None:
    title = ReingestReceipt("SELECT title FROM episode WHERE id = :id")
    about = keeping.podcast(podcast_of(episode))
    former = one("SELECT title FROM episode")
    with snapshot() as old:
        assert keeping._state_of(old) is not None
        execute("UPDATE episode SET title = 'New' WHERE id = :id", id=episode)
        with snapshot() as new:
            assert cached(new, about, title, episode) == [{"title": "New"}]
        assert cached(old, about, title, episode) == [{"title": former}]


def test_cache_of_podcasts_queries_only_the_changed_ones(episode: int) -> None:
    other = podcast_of(new_episode())
    queried: list[list[int]] = []

    def states(session: Session, ids: Sequence[int]) -> dict[int, str]:
        queried.append(list(ids))
        query = text("SELECT id, title FROM podcast WHERE id = ANY(:ids)")
        return {row.id: row.title for row in session.connection().execute(query, {"ids": ids})}

    both = [podcast_of(episode), other]
    for _ in range(2):
        with settled() as session:
            assert cached_per_podcast(session, both, states).keys() == set(both)
    execute("UPDATE podcast SET title = 'Other' WHERE id = :id", id=other)
    with settled() as session:
        assert cached_per_podcast(session, both, states)[other] == "Other"
    assert queried == [both, [other]]


def test_cache_evicts_the_least_recently_used() -> None:
    answers = QueryCache(max_values=9)
    for _ in range(3):  # the same again takes no more room
        answers.put("first", CacheEntry([1, 1], 1))
    answers.put("second", CacheEntry({"two": [2]}, 1))
    answers.get("first")
    answers.put("third", CacheEntry([3, 3], 1))

    def found() -> list[object]:
        entries = [answers.get(key) for key in ("first", "second", "third")]
        return [entry.result if entry else None for entry in entries]

    assert found() == [[1, 1], {"two": [2]}, [3, 3]]
    answers.put("fourth", CacheEntry([4], 1))  # and the first was used longest ago
    assert found() == [None, {"two": [2]}, [3, 3]]
    answers.put("fifth", CacheEntry([5] * 9, 1))  # more than there is room for
    assert found() == [None] * 3
    answers.put("sixth", CacheEntry([6] * 8, 1))
    assert answers.get("sixth")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> ReingestReceipt:
    """A ranking that takes long, whatever it takes."""
    monkeypatch.setattr(keeping, "FAST_QUERY_SECONDS", 0)
    return ReingestReceipt("SELECT count(*) AS people FROM person")


def ranked(question: ReingestReceipt) -> Ranking[list[dict[str, Any]]]:
    with settled() as session:
        return ranking(session, question)


@pytest.mark.usefixtures("episode")
def test_a_ranking_may_be_of_before_a_change_and_says_of_when(slow: ReingestReceipt) -> None:
    assert ranked(slow) == ranked(slow) == ([{"people": 2}], None)
    before = datetime.now(UTC)
    in_transaction(store, new_episode(), spoken("Cy Young: Hello."))
    found = ranked(slow)
    assert found.answer == [{"people": 2}]
    assert found.moment is not None
    assert found.moment < before
    assert slow.times == 1


@pytest.mark.usefixtures("episode")
def test_ranking_is_renewed_in_the_background(
    slow: ReingestReceipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked(slow)
    in_transaction(store, new_episode(), spoken("Cy Young: Hello."))
    monkeypatch.setattr(CacheEntry, "is_older", lambda _, seconds: seconds < 20)  # half of the time
    assert ranked(slow).answer == [{"people": 2}]
    keeping._refresher().submit(lambda: None).result(timeout=10)  # behind the renewal
    assert ranked(slow) == ([{"people": 3}], None)


@pytest.mark.usefixtures("episode")
def test_a_ranking_is_never_older_than_the_setting_says(
    slow: ReingestReceipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked(slow)
    in_transaction(store, new_episode(), spoken("Cy Young: Hello."))
    monkeypatch.setattr(CacheEntry, "is_older", lambda _, seconds: seconds <= 30)
    assert ranked(slow) == ([{"people": 3}], None)
    in_transaction(store, new_episode(), spoken("Di Xu: Hello."))
    monkeypatch.undo()
    monkeypatch.setattr(keeping, "FAST_QUERY_SECONDS", 0)
    monkeypatch.setenv("OVERHEARD_RANKINGS_TTL_SECONDS", "0")
    get_settings.cache_clear()
    assert ranked(slow) == ([{"people": 4}], None)


@pytest.mark.usefixtures("episode")
def test_a_quick_ranking_is_always_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FAST_QUERY_SECONDS", 60)
    people = ReingestReceipt("SELECT count(*) AS people FROM person")
    ranked(people)
    in_transaction(store, new_episode(), spoken("Cy Young: Hello."))
    assert ranked(people) == ([{"people": 3}], None)


def test_a_page_says_of_when_its_ranking_is(
    client: httpx.Client, episode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FAST_QUERY_SECONDS", 0)
    paths = ("/charts?of=podcasts", "/topics/tea", "/topics", "/people?sort=trending", "/podcasts")
    _found_topics(podcast_of(episode))
    for path in paths:
        assert "data-as-of" not in client.get(path).text
    in_transaction(note_podcasts, [podcast_of(episode)])
    for path in set(paths) - {"/people?sort=trending"}:  # nobody is
        assert "data-as-of" in client.get(path).text, path
    assert client.get("/api/v1/topics/tea").json()["as_of"] is not None


@pytest.mark.parametrize("path", ["/", "/podcasts", "/charts?days=all&of=podcasts"])
def test_a_page_shows_a_new_number_at_once(
    client: httpx.Client, episode: int, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FAST_QUERY_SECONDS", 60)
    before = client.get(path).text
    assert client.get(path).text == before
    in_transaction(store, episode, spoken(*(f"Ann Smith: {n} times." for n in range(4321))))
    assert "4,321" not in before
    assert "4,321" in client.get(path).text


@pytest.fixture(scope="module")
def another_process(migrated_database: str) -> Iterator[httpx.Client]:
    settings = {"OVERHEARD_DATABASE_URL": migrated_database}
    with (
        web_process(settings) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
    ):
        yield client


@pytest.mark.slow
def test_change_is_seen_by_every_process_at_the_next_request(
    client: httpx.Client, another_process: httpx.Client, episode: int
) -> None:
    podcast = podcast_of(episode)
    paths = (
        "/people/ann-smith",
        "/api/v1/people/ann-smith",
        f"/podcasts/{podcast}",
        f"/api/v1/podcasts/{podcast}",
        "/api/v1/people/ann-smith/timeline?by=day",
    )
    for count in (1231, 1232, 1230):
        in_transaction(store, episode, spoken(*(f"Ann Smith: {n} times." for n in range(count))))
        for reader in (client, another_process):
            for path in paths:
                body = reader.get(path).text
                assert f"{count:,}" in body or str(count) in body, (path, count)
    execute("UPDATE person SET name = 'Ann Other' WHERE slug = 'ann-smith'")
    for reader in (client, another_process):
        assert "Ann Other" in reader.get(paths[0]).text
        assert "Ann Other" in reader.get(paths[2]).text


def test_cached_results_equal_fresh_ones_after_each_change() -> None:
    show, other = (in_transaction(add_podcast) for _ in range(2))
    for change in _whatever_happens(show, other):
        change()
        with snapshot() as session:
            people = (
                session.connection()
                .execute(text("SELECT id FROM person ORDER BY id"))
                .scalars()
                .all()
            )
            before = _everything_cached(session, people, (show, other))
        keeping.clear_cache()
        with snapshot() as session:
            assert before == _everything_cached(session, people, (show, other))


def _whatever_happens(show: int, other: int) -> Iterator[Callable[[], object]]:
    """Stores, decisions, moves and repairs, each to be done before the next is taken."""
    episodes = [
        in_transaction(add_episode, podcast) for podcast in (show, show, show, other, other)
    ]
    talk = ("Ann Smith: Hello.", "Bob Jones: Hi.", "Cy Young: Hey.")
    for episode in episodes:
        yield lambda: in_transaction(store, episode, spoken(*talk))  # noqa: B023  done at once
    yield lambda: in_transaction(store, episodes[0], spoken(*talk[:1], "Dr. Bob Jones: Hi."))
    yield lambda: in_transaction(store, episodes[1], spoken("Cy Young: Hey.", "Who: Me?"))
    yield lambda: execute("UPDATE podcast SET title = 'Other' WHERE id = :id", id=show)
    decisions: list[int] = []

    def decide(kind: str, **about: Any) -> None:
        decided = in_transaction(
            identity_decisions.decide, kind, "ann", "because", now=NOW, **about
        )
        decisions.append(decided.id)

    ann, bob, cy = (person_of(slug) for slug in ("ann-smith", "bob-jones", "cy-young"))
    yield lambda: decide("rename", person_id=ann, name="Anna Smith")
    yield lambda: decide("merge", person_id=bob, target_person_id=ann)
    yield lambda: decide("undo", decision_id=decisions[-1])
    yield lambda: decide("suppress", person_id=cy)
    yield lambda: decide("undo", decision_id=decisions[-1])
    yield lambda: decide("split", person_id=ann, name="Ann Other", episode_id=episodes[3])
    yield lambda: decide("assign", person_id=cy, episode_id=episodes[1], label="Who")
    yield lambda: in_transaction(set_podcast_state, other, PodcastState.removed)
    yield lambda: in_transaction(store, episodes[4], spoken("Bob Jones: Nobody hears this."))
    yield lambda: in_transaction(set_podcast_state, other, PodcastState.active)
    yield lambda: in_transaction(merge_podcasts, duplicate_id=other, survivor_id=show)
    yield lambda: in_transaction(unmerge_podcast, other)
    yield _repaired
    yield lambda: in_transaction(store, episodes[2], [])


def _everything_cached(
    session: Session, people: Sequence[int], podcasts: Sequence[int]
) -> list[Any]:
    """All that pages cache of people and podcasts."""
    values: list[Any] = []
    for who in people:
        about = keeping.person(who)
        values += [podcasts_with_roles(session, who), co_speakers(session, who)]
        values += [cached(session, about, names_of_person, who)]
        values += [cached(session, about, timeline_of_person, who, "day")]
        values += [cached(session, about, spoken_episodes, who, AppearanceFilter(), None, 41)]
    for show in podcasts:
        about = keeping.podcast(show)
        values += [cached(session, about, podcast_counts, show)]
        values += [cached(session, about, topics_of_podcast, show)]
        values += [cached(session, about, roles_of_people, show, tuple(people), 3)]
    return values
