"""Every command and automatic transition, in any order and two at a time, against a plain model.

``OVERHEARD_MODEL_STEPS`` and ``OVERHEARD_MODEL_SEED`` choose how many steps, and which.
"""

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlmodel import Session

from models import Stage
from models.database import in_transaction
from tasks.counts.store.recompute import recompute_person_counts
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.store import store_feed
from tasks.identity.decisions import decide
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.merge import MERGE_REFUSALS, MergeRefused, merge_podcasts, unmerge_podcast
from tasks.podcasts.store.merge_moved import merge_moved
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.place import groups_to_place, place_group
from tasks.podcasts.store.remove import remove
from tasks.podcasts.store.states import change_state, record_documents
from tasks.podcasts.transitions import TRANSITIONS, PodcastEvent
from tasks.reingest.store.subjects import subjects_of
from tasks.reingest.values import ReingestScope
from tasks.speakers.decisions import DecisionRefused
from tasks.speakers.resolve import resolve_episode
from tasks.transcripts.store import lock_episode
from tests.conftest import empty_database
from tests.factories import NOW, add_podcast, differences, one, rows, spoken, store
from tests.integration.tasks.podcasts.merge_model import Mismatch, Model, ModelDecision

STEPS = int(os.environ.get("OVERHEARD_MODEL_STEPS", "2000"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("database"),
    pytest.mark.timeout(300 + STEPS // 5),
]

SEED = int(os.environ.get("OVERHEARD_MODEL_SEED", "1"))
STEPS_OF_EXAMPLE = 50

NAMES = ("Ida Holt", "Jo Berg", "Max Lund")
GUIDS = ("1", "2", "3", "4", "5")
FIRST_DAY = date(2026, 2, 1)
DECISION_REFUSALS = {
    "already_decided",
    "already_merged",
    "already_undone",
    "referenced_by_later_decision",
    "no_such_decision",
}

podcasts = st.integers(0, 2)
labels = st.lists(st.sampled_from(NAMES), max_size=4).map(tuple)
documents = st.dictionaries(st.sampled_from(GUIDS), st.integers(0, 3), min_size=1)
scopes = st.none() | podcasts
operations = st.one_of(
    st.tuples(st.just("merge"), podcasts, podcasts),
    st.tuples(st.just("merge"), podcasts, podcasts),
    st.tuples(st.just("unmerge"), podcasts),
    st.tuples(st.just("unmerge"), podcasts),
    st.tuples(st.just("remove"), podcasts),
    st.tuples(st.just("add"), podcasts),
    st.tuples(st.just("add"), podcasts),
    st.tuples(st.just("pause"), podcasts),
    st.tuples(st.just("resume"), podcasts),
    st.tuples(st.just("gone"), podcasts),
    st.tuples(st.just("move"), podcasts, podcasts),
    st.tuples(st.just("poll"), podcasts, documents),
    st.tuples(st.just("poll"), podcasts, documents),
    st.tuples(st.just("ingest"), podcasts, st.sampled_from(GUIDS), labels),
    st.tuples(st.just("ingest"), podcasts, st.sampled_from(GUIDS), labels),
    st.tuples(st.just("place")),
    st.tuples(
        st.just("reingest"), st.sampled_from(["all", "podcast", "episode", "person"]),
        podcasts, st.sampled_from(GUIDS), st.sampled_from(list(Stage)),
    ),
    st.tuples(
        st.just("decide"),
        st.sampled_from(["not_a_person", "alias", "split", "suppress", "quarantine", "release"]),
        st.sampled_from(NAMES), st.sampled_from(NAMES), scopes,
    ),
    st.tuples(st.just("undo"), st.integers(0, 20)),
)  # fmt: skip

Operation = tuple[Any, ...]

_MERGES = """
    SELECT podcast_id, survivor_id, former_state, is_whole FROM podcast_merge
    WHERE unmerged_at IS NULL
"""
_EPISODES = """
    SELECT coalesce(e.origin_podcast_id, e.podcast_id), e.guid, e.podcast_id,
           coalesce(c.origin_podcast_id, c.podcast_id), c.guid, e.stats_date,
           ARRAY(SELECT s.label FROM appearance a JOIN speaker s ON s.id = a.speaker_id
                 WHERE a.episode_id = e.id ORDER BY a.position)
    FROM episode e LEFT JOIN episode c ON c.id = e.duplicate_of
"""


class MergeMachine(RuleBasedStateMachine):
    """Three podcasts of at most five episodes, and the model of them."""

    steps = 0
    unmerges = 0

    def __init__(self) -> None:
        super().__init__()
        empty_database()
        self.ids = [in_transaction(add_podcast) for _ in range(3)]
        in_transaction(mark_fetched)
        self.model = Model(dict.fromkeys(self.ids, "active"))
        for number, podcast in enumerate(self.ids):
            self._do(("poll", number, dict.fromkeys(GUIDS[number : number + 3], number)))
            self._do(("ingest", number, GUIDS[number], NAMES))
            assert podcast in self.model.documents

    @rule(operation=operations)
    def one_at_a_time(self, operation: Operation) -> None:
        self._do(operation)

    @rule(first=operations, second=operations)
    def two_at_a_time(self, first: Operation, second: Operation) -> None:
        barrier = Barrier(2)

        def run(operation: Operation) -> Callable[[Model], None]:
            barrier.wait()
            return self._run(operation)

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.map(run, (first, second))
        self._check([(one, two), (two, one)])

    def _do(self, operation: Operation) -> None:
        self._check([(self._run(operation),)])

    def _check(self, orders: list[tuple[Callable[[Model], None], ...]]) -> None:
        """The database is as after one of these orders of operations."""
        MergeMachine.steps += len(orders)
        assert differences() == 0
        if self._place()[-1]:
            assert differences() == 0
        found, problems = in_transaction(_database), list[str]()
        people = found.pop("people")
        for order in orders:
            model = deepcopy(self.model)
            model.people = {name: people[name.lower()] for name in NAMES if name.lower() in people}
            try:
                for apply in order:
                    apply(model)
                model.place()
                _compare(model, found)
            except Mismatch as problem:
                problems.append(str(problem))
            else:
                self.model = model
                return
        raise AssertionError("; ".join(problems))

    def _run(self, operation: Operation) -> Callable[[Model], None]:
        """Do it; returns how to do the same to the model."""
        name, *arguments = operation
        result, *about = getattr(self, f"_{name}")(*arguments)
        return lambda model: getattr(model, name)(result, *about)

    # Each returns the service's result, and what the model needs to know.

    def _merge(self, podcast: int, other: int) -> tuple[Any, ...]:
        ids = {"duplicate_id": self.ids[podcast], "survivor_id": self.ids[other]}
        return _refusal(merge_podcasts, **ids), *ids.values()

    def _move(self, podcast: int, other: int) -> tuple[Any, ...]:
        ids = self.ids[podcast], self.ids[other]
        return _refusal(merge_moved, *ids) if podcast != other else "", *ids

    def _unmerge(self, podcast: int) -> tuple[Any, ...]:
        MergeMachine.unmerges += 1
        return in_transaction(unmerge_podcast, self.ids[podcast]), self.ids[podcast]

    def _remove(self, podcast: int) -> tuple[Any, ...]:
        return in_transaction(remove, self.ids[podcast]), self.ids[podcast]

    def _add(self, podcast: int) -> tuple[Any, ...]:
        url = str(one("SELECT feed_url FROM podcast WHERE id = :id", id=self.ids[podcast]))
        return in_transaction(add_by_url, url).result, self.ids[podcast]

    def _pause(self, podcast: int) -> tuple[Any, ...]:
        return in_transaction(pause, self.ids[podcast]), self.ids[podcast]

    def _resume(self, podcast: int) -> tuple[Any, ...]:
        return in_transaction(resume, self.ids[podcast]), self.ids[podcast]

    def _gone(self, podcast: int) -> tuple[Any, ...]:
        changed = in_transaction(change_state, self.ids[podcast], PodcastEvent.gone)
        return changed, self.ids[podcast]

    def _poll(self, podcast: int, document: dict[str, int]) -> tuple[Any, ...]:
        days = {guid: FIRST_DAY + timedelta(days=day) for guid, day in document.items()}
        return in_transaction(store_document, self.ids[podcast], days), self.ids[podcast], days

    def _ingest(self, podcast: int, guid: str, labels: tuple[str, ...]) -> tuple[Any, ...]:
        in_transaction(store_text, self.ids[podcast], guid, labels)
        return None, self.ids[podcast], guid, labels

    def _reingest(self, scope: str, podcast: int, guid: str, stage: Stage) -> tuple[Any, ...]:
        episode = in_transaction(_episode, self.ids[podcast], guid)
        chosen = {
            "podcast": ReingestScope(podcast_id=self.ids[podcast]),
            "person": ReingestScope(person="ida-holt"),
            "episode": ReingestScope(episode_id=episode) if episode else None,
        }.get(scope) or ReingestScope(everything=True)
        _reingest_all(chosen, stage)
        return (None,)

    def _place(self) -> tuple[Any, ...]:
        roots = in_transaction(groups_to_place)
        for root in roots:
            in_transaction(place_group, root)
        return (roots,)

    def _decide(self, kind: str, name: str, other: str, scope: int | None) -> tuple[Any, ...]:
        podcast = None if scope is None else self.ids[scope]
        person, target = self.model.people.get(name), self.model.people.get(other)
        fields: dict[str, Any] = {"podcast_id": podcast} if podcast else {}
        if kind in {"not_a_person", "alias"}:
            fields["label"] = name
        if kind == "alias":
            fields["person_id"] = target
        elif kind != "not_a_person":
            fields["person_id"] = person
        if kind == "split":
            fields |= {"podcast_id": podcast or self.ids[0], "name": name}
        elif kind == "suppress":
            fields.pop("podcast_id", None)
        try:
            recorded = in_transaction(decide, kind, "model", "", now=NOW, **fields)
        except DecisionRefused as refused:
            _require(refused.reason, DECISION_REFUSALS)
            return (None,)
        decision = ModelDecision(
            recorded.id,
            kind,
            fields.get("podcast_id"),
            fields.get("label"),
            fields.get("person_id"),
            recorded.target_person_id,
        )
        return (decision,)

    def _undo(self, number: int) -> tuple[Any, ...]:
        in_force = sorted(self.model.decisions)
        decision_id = in_force[number % len(in_force)] if in_force else 0
        try:
            in_transaction(decide, "undo", "model", "", now=NOW, decision_id=decision_id)
        except DecisionRefused as refused:
            _require(refused.reason, DECISION_REFUSALS)
            return (None,)
        return (decision_id,)


def _require(reason: str, closed_list: Collection[str]) -> None:
    if reason not in closed_list:
        raise AssertionError(f"refused for {reason}")


def _refusal(work: Callable[..., object], *arguments: object, **fields: object) -> str:
    def attempt(session: Session) -> str:
        try:
            work(session, *arguments, **fields)
        except MergeRefused as refused:
            _require(refused.reason, MERGE_REFUSALS)
            return refused.reason
        return ""

    return in_transaction(attempt)


def mark_fetched(session: Session) -> None:
    session.connection().exec_driver_sql("UPDATE crawl SET last_ok_at = now()")


def store_document(session: Session, podcast_id: int, days: dict[str, date]) -> bool:
    items = "".join(
        f"<item><guid>{guid}</guid><title>Episode {guid}</title><pubDate>{_rfc_822(day)}</pubDate>"
        f'<enclosure url="https://audio.example/{guid}.mp3" type="audio/mpeg" length="1"/></item>'
        for guid, day in days.items()
    )
    body = f'<rss version="2.0"><channel><title>A podcast</title>{items}</channel></rss>'.encode()
    record_documents(session, [podcast_id])
    feed = parse_feed(body, url="https://podcast.example/")
    return store_feed(session, podcast_id, feed, body, NOW).any


def _rfc_822(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def _episode(session: Session, podcast_id: int, guid: str) -> int | None:
    query = (
        "SELECT id FROM episode WHERE coalesce(origin_podcast_id, podcast_id) = %s AND guid = %s"
    )
    found = session.connection().exec_driver_sql(query, (podcast_id, guid)).scalar()
    return None if found is None else int(found)


def store_text(session: Session, podcast_id: int, guid: str, labels: tuple[str, ...]) -> None:
    if episode_id := _episode(session, podcast_id, guid):
        turns = [f"{label}: {number} words" for number, label in enumerate(labels)]
        store(session, episode_id, spoken(*turns))


def _reingest_all(scope: ReingestScope, stage: Stage) -> None:
    """Do the jobs of a request in this process; the text is that of the rows."""
    person = None
    if scope.person:
        found = rows("SELECT id FROM person WHERE slug = :slug", slug=scope.person)
        if not found:
            return
        person = found[0]["id"]
    ids = {"person_id": person}
    subjects = in_transaction(_subjects, scope, stage, ids)
    for first_stage, episodes in subjects.episodes.items():
        for episode_id in episodes:
            in_transaction(_reingest_episode, episode_id, first_stage)
    for person_id in subjects.person_ids:
        repaired = in_transaction(recompute_person_counts, person_id)
        assert set(repaired.values()) == {0}


def _subjects(session: Session, scope: ReingestScope, stage: Stage, ids: dict[str, Any]) -> Any:
    return subjects_of(session, scope, stage, **ids)


def _reingest_episode(session: Session, episode_id: int, stage: Stage) -> None:
    if stage is Stage.people:
        lock_episode(session, episode_id)
        resolve_episode(session, episode_id)
        return
    query = """
        SELECT s.label || ': ' || a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        WHERE a.episode_id = %s ORDER BY a.position
    """
    assert lock_episode(session, episode_id)
    turns = session.connection().exec_driver_sql(query, (episode_id,)).scalars().all()
    assert not store(session, episode_id, spoken(*turns)).any


def _database(session: Session) -> dict[str, Any]:
    def read(query: str) -> list[Any]:
        return list(session.connection().exec_driver_sql(query).all())

    cells = read("SELECT person_id, podcast_id, appearances, episodes FROM person_podcast")
    podcasts = read("SELECT id, state, duplicate_of FROM podcast")
    return {
        "podcasts": {(person, podcast): tuple(sums) for person, podcast, *sums in cells},
        "days": {
            (person, day): appearances
            for person, day, appearances in read(
                "SELECT person_id, day, appearances FROM person_day"
            )
        },
        "states": {podcast: state for podcast, state, _ in podcasts},
        "roots": {podcast: root for podcast, _, root in podcasts if root},
        "episodes": {
            (origin, guid): (place, counted and (counted_origin, counted), day, tuple(labels))
            for origin, guid, place, counted_origin, counted, day, labels in read(_EPISODES)
        },
        "merges": {podcast: tuple(merge) for podcast, *merge in read(_MERGES)},
        "people": dict(read("SELECT key, person_id FROM person_name WHERE scope = 'global'")),
    }


def _compare(model: Model, found: dict[str, Any]) -> None:
    by_podcast, by_day = model.counts()
    expected = {
        "podcasts": by_podcast,
        "days": by_day,
        "states": model.states,
        "roots": {podcast: model.root(podcast) for podcast in model.merges},
        "merges": {
            podcast: (merge.into, merge.former_state, merge.is_whole)
            for podcast, merge in model.merges.items()
        },
        "episodes": {
            key: (place, counted, model.episodes[key].day, model.episodes[key].labels)
            for key, (place, counted) in model.places().items()
        },
    }
    for name, values in expected.items():
        if values != found[name]:
            raise Mismatch(f"{name}: expected {values}, found {found[name]}")


@pytest.fixture
def _many_examples() -> Iterator[None]:
    MergeMachine.steps = MergeMachine.unmerges = 0
    yield
    print(f"{MergeMachine.steps} steps, {MergeMachine.unmerges} unmerges")


@pytest.mark.usefixtures("_many_examples")
def test_any_operations_leave_what_the_model_says() -> None:
    number = SEED
    while MergeMachine.steps < STEPS:
        left = STEPS - MergeMachine.steps
        run_state_machine_as_test(
            seed(number)(MergeMachine),
            settings=settings(
                max_examples=max(1, min(100, left // (2 * STEPS_OF_EXAMPLE))),
                stateful_step_count=STEPS_OF_EXAMPLE,
                deadline=None,
                database=None,
                phases=(Phase.generate,) if "OVERHEARD_MODEL_STEPS" in os.environ else list(Phase),
                suppress_health_check=list(HealthCheck),
            ),
        )
        number += 1


def test_every_state_has_a_way_on_to_active() -> None:
    commands = TRANSITIONS.items()
    reached = {"active"}
    for _ in range(len(commands)):
        for _, table in commands:
            reached |= {
                state.value
                for state, after in table.items()
                if reached & {one.value for one in after}
            }
    assert reached == {state for table in TRANSITIONS.values() for state in table}
