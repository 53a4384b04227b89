"""Processes that merge, move and ingest are killed in the middle: every count stays exact.

OVERHEARD_MERGE_OPERATIONS says how many operations are done; one in sixty ends with a SIGKILL.
"""

import multiprocessing
import os
import random
import select
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from models import Stage, get_settings
from models.database import forget_engine, in_transaction
from tasks.identity.decisions import decide
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.merge import MergeRefused, merge_podcasts, unmerge_podcast
from tasks.podcasts.store.merge_moved import merge_moved
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.place import groups_to_place, place_group
from tasks.podcasts.store.remove import remove
from tasks.podcasts.store.states import change_state
from tasks.podcasts.transitions import PodcastEvent
from tasks.reingest.store.dry_run import dry_run_episode
from tasks.speakers.decisions import DecisionRefused
from tasks.speakers.reresolve import resolve_podcasts
from tasks.speakers.resolve import resolve_episode
from tasks.transcripts.store import lock_episode
from tests.factories import NOW, add_podcast, differences, one, rows
from tests.integration.tasks.podcasts.test_merge_model import (
    FIRST_DAY,
    mark_fetched,
    store_document,
    store_text,
)

OPERATIONS = int(os.environ.get("OVERHEARD_MERGE_OPERATIONS", "600"))
KILLS, PROCESSES, PODCASTS, PROOFS = OPERATIONS // 60, 8, 6, 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 + OPERATIONS)]

# First names, initials and numbers need the text and the other episodes.
LABELS = ("Ida Holt", "Jo Berg", "Max Lund", "Ida", "JB", "Speaker 1", "")
GUIDS = tuple("12345678")
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.acceptance.test_merge_kills"])

# By plain SQL from the segments themselves, without any statement of the service.
_TRUE_CELLS = """
    SELECT s.person_id, {by} AS by, count(*) AS appearances
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    WHERE s.status IN ('counted', 'assigned') AND e.duplicate_of IS NULL AND p.state <> 'removed'
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_CELLS = """
    SELECT person_id, {by} AS by, appearances FROM {table} WHERE appearances > 0 ORDER BY 1, 2
"""
_LOST_EPISODES = """
    SELECT id FROM episode e WHERE duplicate_of IS NOT NULL AND EXISTS (
        SELECT FROM episode o WHERE o.id = e.duplicate_of AND o.duplicate_of IS NOT NULL)
"""


def work(number: int, start: int, podcasts: list[int], done: int, failures: str) -> None:
    """Do one operation after the other, until the process is killed; a byte for each."""
    chance = random.Random(f"{number} {start}")  # noqa: S311
    while True:
        operation = chance.choice(list(OPERATIONS_BY_NAME))
        try:
            OPERATIONS_BY_NAME[operation](chance, podcasts)
        except (MergeRefused, DecisionRefused):
            pass
        except Exception:  # noqa: BLE001  the test reads it
            with Path(failures).open("a") as file:
                file.write(f"{operation}: {traceback.format_exc()}\n")
        os.write(done, b".")


def _merge(chance: random.Random, podcasts: list[int]) -> None:
    one_podcast, other = chance.sample(podcasts, 2)
    in_transaction(merge_podcasts, duplicate_id=one_podcast, survivor_id=other)


def _move(chance: random.Random, podcasts: list[int]) -> None:
    in_transaction(merge_moved, *chance.sample(podcasts, 2))


def _add(chance: random.Random, podcasts: list[int]) -> None:
    in_transaction(add_by_url, _url(chance.choice(podcasts)))


def _url(podcast: int) -> str:
    return str(one("SELECT feed_url FROM podcast WHERE id = :id", id=podcast))


def _poll(chance: random.Random, podcasts: list[int]) -> None:
    guids = chance.sample(GUIDS, chance.randint(3, 8))
    days = {guid: FIRST_DAY + timedelta(days=chance.randrange(5)) for guid in guids}
    in_transaction(store_document, chance.choice(podcasts), days)


def _ingest(chance: random.Random, podcasts: list[int]) -> None:
    labels = tuple(chance.choices(LABELS, k=chance.randint(1, 12)))
    in_transaction(store_text, chance.choice(podcasts), chance.choice(GUIDS), labels)


def _resolve(chance: random.Random, _podcasts: list[int]) -> None:
    def again(session: Any) -> None:
        if lock_episode(session, episode) is not None:
            resolve_episode(session, episode)

    episode = _episode(chance)
    in_transaction(again)


def _episode(chance: random.Random) -> int:
    return int(chance.choice(rows("SELECT id FROM episode ORDER BY id"))["id"])


def _place(_chance: random.Random, _podcasts: list[int]) -> None:
    for root in in_transaction(groups_to_place):
        in_transaction(place_group, root)


def _decide(chance: random.Random, podcasts: list[int]) -> None:
    people = rows("SELECT id FROM person ORDER BY id")
    podcast = chance.choice([None, *podcasts])
    person = chance.choice(people)["id"]
    kind, fields = chance.choice(
        [
            ("not_a_person", {"label": chance.choice(LABELS[:3])}),
            ("alias", {"label": chance.choice(LABELS[:5]), "person_id": person}),
            ("quarantine", {"person_id": person}),
            ("release", {"person_id": person}),
        ]
    )
    if podcast:
        fields["podcast_id"] = podcast
    in_transaction(decide, kind, "chaos", "", now=NOW, **fields)


def _undo(chance: random.Random, _podcasts: list[int]) -> None:
    decisions = rows("SELECT id FROM identity_event WHERE undone_by IS NULL ORDER BY id")
    if decisions:
        decision = chance.choice(decisions)["id"]
        in_transaction(decide, "undo", "chaos", "", now=NOW, decision_id=decision)


def _of_one(change: Callable[..., object], *more: object) -> Callable[..., None]:
    def operation(chance: random.Random, podcasts: list[int]) -> None:
        in_transaction(change, chance.choice(podcasts), *more)

    return operation


OPERATIONS_BY_NAME: Mapping[str, Callable[[random.Random, list[int]], object]] = {
    "merge": _merge,
    "merge again": _merge,
    "unmerge": _of_one(unmerge_podcast),
    "move": _move,
    "move again": _move,
    "remove": _of_one(remove),
    "add": _add,
    "add again": _add,
    "pause": _of_one(pause),
    "resume": _of_one(resume),
    "gone": _of_one(change_state, PodcastEvent.gone),
    "poll": _poll,
    "poll again": _poll,
    "ingest": _ingest,
    "ingest again": _ingest,
    "resolve": _resolve,
    "dry run": lambda chance, _: dry_run_episode(_episode(chance), Stage.people),
    "tick": lambda _chance, _podcasts: resolve_podcasts(1.0),
    "place": _place,
    "decide": _decide,
    "undo": _undo,
}


class Workers:
    """Processes that do operations, and are killed; ``done`` counts their operations."""

    def __init__(self, podcasts: list[int], failures: Path) -> None:
        self._podcasts, self._failures = podcasts, failures
        self._reader, self._writer = os.pipe()
        os.set_inheritable(self._writer, True)
        self._starts = self.done = self.kills = 0
        self._processes: list[BaseProcess] = []

    def start(self) -> None:
        """Start as many processes as are missing."""
        while len(self._processes) < PROCESSES:
            self._starts += 1
            args = (len(self._processes), self._starts, self._podcasts)
            process = FORKS.Process(
                target=_work_with_pipe,
                args=(*args, multiprocessing.reduction.DupFd(self._writer), str(self._failures)),
                daemon=True,
            )
            process.start()
            self._processes.append(process)

    def wait_for(self, operations: int) -> None:
        """Wait until so many operations are done."""
        while self.done < operations:
            assert select.select([self._reader], [], [], 120)[0], "no operation in two minutes"
            self.done += len(os.read(self._reader, 4096))

    def kill(self, chance: random.Random, count: int = 1) -> None:
        """Kill processes at any moment of an operation."""
        time.sleep(chance.random() / 20)
        for process in chance.sample(self._processes, count):
            process.kill()
            process.join()
            self._processes.remove(process)
            self.kills += 1


def _work_with_pipe(number: int, start: int, podcasts: list[int], done: Any, failures: str) -> None:
    work(number, start, podcasts, done.detach(), failures)


@pytest.fixture
def workers(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workers]:
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", database)
    get_settings.cache_clear()
    podcasts = [in_transaction(add_podcast) for _ in range(PODCASTS)]
    in_transaction(mark_fetched)
    for podcast in podcasts:
        in_transaction(store_document, podcast, dict.fromkeys(GUIDS[:5], FIRST_DAY))
        in_transaction(store_text, podcast, "1", LABELS)
    workers = Workers(podcasts, tmp_path / "failures")
    yield workers
    workers.kill(random.Random(), len(workers._processes))  # noqa: S311
    forget_engine()


def test_counts_are_exact_though_merging_processes_are_killed(
    workers: Workers, tmp_path: Path
) -> None:
    chance = random.Random(20260301)  # noqa: S311
    for number in range(1, KILLS + 1):
        workers.start()
        workers.wait_for(number * OPERATIONS // KILLS)
        if number % (KILLS // PROOFS) == 0:
            workers.kill(chance, PROCESSES)  # nobody writes during a proof
            workers.kills -= PROCESSES - 1
            _prove()
        else:
            workers.kill(chance)
    failures = tmp_path / "failures"
    assert not failures.exists(), failures.read_text()[:5000]
    print(f"{workers.done} operations, {workers.kills} kills, {PROOFS} proofs")


def _prove() -> None:
    _until_nobody_writes()
    assert differences() == 0
    for table, column, by in (
        ("person_podcast", "podcast_id", "e.podcast_id"),
        ("person_day", "day", "e.stats_date"),
    ):
        assert rows(_CELLS.format(by=column, table=table)) == rows(_TRUE_CELLS.format(by=by))
    assert rows(_LOST_EPISODES) == []


def _until_nobody_writes() -> None:
    """The server notices the end of a killed client at the end of its statement."""
    others = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    """
    while one(others):
        time.sleep(0.05)
