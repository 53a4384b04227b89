"""Speakers are named with no transaction open, from the rows that they are then written beside."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from structlog.testing import capture_logs

from models import Stage
from models.database import in_transaction
from tasks.budgets import parent
from tasks.podcasts.store.merge import merge_podcasts
from tasks.reingest.store.dry_run import dry_run_episode
from tasks.speakers.reresolve import resolve_podcasts
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    new_episode,
    one,
    rows,
    spoken,
    store,
)
from tests.integration.tasks.budgets import costly
from tests.integration.tasks.ingest.test_episode import VTT, parsed, request, run
from tests.integration.tasks.speakers.test_reresolve import ingested
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("database")

_OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
PART_OF_A_NAME = VTT.replace(b"Ann Smith", b"Ann")


class Naming:
    """The calls that name speakers: the transactions that were open during each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open_transactions: list[int] = []
        self.before_the_next: list[Callable[[], object]] = []
        monkeypatch.setattr("tasks.speakers.budgeted_naming.within_budget", self._watched)

    def _watched(self, function: Callable[..., Any], *args: Any) -> Any:
        self.open_transactions.append(int(one(_OPEN_TRANSACTIONS)))
        if self.before_the_next:
            self.before_the_next.pop()()
        return parent.within_budget(function, *args)


_SMALL_BYTES = "tasks.speakers.budgeted_naming._SMALL_BYTES"


@pytest.fixture(autouse=True)
def _no_facts_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_SMALL_BYTES, 0)


@pytest.fixture
def naming(monkeypatch: pytest.MonkeyPatch) -> Naming:
    return Naming(monkeypatch)


def named(label: str) -> list[str | None]:
    query = """
        SELECT p.name FROM speaker s LEFT JOIN person p ON p.id = s.person_id
        WHERE s.label = :label ORDER BY s.id
    """
    return [row["name"] for row in rows(query, label=label)]


def add_read_episode(podcast: int, *turns: str) -> None:
    in_transaction(store, in_transaction(add_episode, podcast), spoken(*turns))


def test_no_transaction_is_open_while_an_ingest_names(
    publisher: FaultServer, naming: Naming
) -> None:
    _, job = parsed([publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))])
    assert job["outcome"] == "ran"
    assert naming.open_transactions == [0]


@pytest.mark.parametrize(("words", "calls"), [(1, 0), (3_000, 1)])
def test_few_facts_are_named_in_place(
    publisher: FaultServer,
    naming: Naming,
    monkeypatch: pytest.MonkeyPatch,
    words: int,
    calls: int,
) -> None:
    monkeypatch.setattr(_SMALL_BYTES, 8_000)
    body = PART_OF_A_NAME.replace(b"Ann>", b"Ann>" + b"well " * words, 1)
    _, job = parsed([publisher.serve("/1.vtt", Answer(body=body))])
    assert job["outcome"] == "ran"
    assert len(naming.open_transactions) == calls


def test_forced_ingest_names_once(publisher: FaultServer, naming: Naming) -> None:
    episode, _ = parsed([publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))])
    job = run(request(episode, force=True))
    assert job["outcome"] == "ran"
    assert naming.open_transactions == [0, 0]  # one for each ingest


def test_no_transaction_is_open_while_a_job_resolves_again(naming: Naming) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann: Hello.", "Bob Jones: Hi."))
    naming.open_transactions.clear()
    run(request(episode, stage=Stage.people, force=True))
    assert naming.open_transactions == [0]


def test_no_transaction_is_open_while_a_tick_resolves_again(naming: Naming) -> None:
    podcast = in_transaction(add_podcast)
    ingested(podcast, "Ann: Hello.")
    for _ in range(2):
        ingested(podcast, "Ann Smith: Hello.")
    naming.open_transactions.clear()
    resolve_podcasts()
    assert named("Ann") == ["Ann Smith"]
    assert len(naming.open_transactions) > 3  # each episode together, then the first alone
    assert set(naming.open_transactions) == {0}


def test_no_transaction_is_open_while_a_merge_names(naming: Naming) -> None:
    survivor, duplicate = in_transaction(add_podcast), in_transaction(add_podcast)
    for _ in range(2):
        ingested(survivor, "Ann Smith: Hello.")
    ingested(duplicate, "Ann: Hello.")
    naming.open_transactions.clear()
    in_transaction(merge_podcasts, duplicate_id=duplicate, survivor_id=survivor)
    assert named("Ann") == ["Ann Smith"]
    assert naming.open_transactions == [0]
    assert differences() == 0


def test_naming_is_repeated_when_another_episode_came(
    publisher: FaultServer, naming: Naming
) -> None:
    podcast = in_transaction(add_podcast)
    ingested(podcast, "Ann Smith: Hello.")
    url = publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))
    episode = in_transaction(add_episode, podcast, transcripts=[url])
    naming.open_transactions.clear()
    naming.before_the_next = [lambda: add_read_episode(podcast, "Ann Smith: Hello.")]
    run(request(episode))
    assert named("Ann") == ["Ann Smith"]
    assert naming.open_transactions == [0, 0, 0]  # ours, that of the other episode, ours again
    assert differences() == 0


def test_naming_that_another_episode_always_changes_is_done_within_the_transaction(
    publisher: FaultServer, naming: Naming
) -> None:
    podcast = in_transaction(add_podcast)
    url = publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))
    episode = in_transaction(add_episode, podcast, transcripts=[url])
    rounds = count(1)

    def another() -> None:
        number = next(rounds)
        add_read_episode(podcast, f"Ann Smith: {number}.")
        if number < 10:
            naming.before_the_next = [another]

    naming.before_the_next = [another]
    assert run(request(episode))["outcome"] == "ran"
    assert named("Ann") == ["Ann Smith"]
    *before, last = naming.open_transactions
    assert (set(before), last) == ({0}, 1)
    assert differences() == 0


def test_merge_keeps_the_matches_of_an_episode_that_costs_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    survivor, duplicate = in_transaction(add_podcast), in_transaction(add_podcast)
    for _ in range(2):
        ingested(survivor, "Ann Smith: Hello.")
    ingested(duplicate, "Bob Jones: Hello.")
    monkeypatch.setattr("tasks.speakers.budgeted_naming.read_naming", costly.crash)
    with capture_logs() as logged:
        in_transaction(merge_podcasts, duplicate_id=duplicate, survivor_id=survivor)
    assert [each["event"] for each in logged] == ["naming_not_done"]
    assert named("Bob Jones") == ["Bob Jones"]
    assert differences() == 0


def test_dry_run_says_that_an_episode_costs_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann: Hello."))
    monkeypatch.setattr("tasks.speakers.budgeted_naming.read_naming", costly.crash)
    assert dry_run_episode(episode, Stage.people).failed == "over_budget"


def test_naming_over_its_budget_is_dead_at_once(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = publisher.serve("/1.vtt", Answer(body=PART_OF_A_NAME))
    monkeypatch.setattr("tasks.speakers.budgeted_naming.read_naming", costly.crash)
    episode, job = parsed([url])
    assert (job["state"], job["reason"], job["attempts"]) == ("dead", "over_budget", 1)
    assert rows("SELECT 1 FROM speaker WHERE episode_id = :id", id=episode) == []
