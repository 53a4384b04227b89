"""Recount finds every kind of drift, names its check, and repairs it with ``fix``."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models.database import in_transaction, transaction
from tasks.counts.store.recount import Recount, recount
from tasks.ingest.count_appearances import count_appearances
from tasks.speakers.store.attribution import check_attributions
from tasks.transcripts.store import lock_episode
from tests.factories import (
    differences,
    execute,
    figures,
    new_episode,
    rows,
    spoken,
    store,
    until_a_statement_waits_for_a_lock,
)

# Each drift, the check that finds it, and the number of rows in all checks that differ: the other
# counts derive from the speaker's, so a wrong speaker differs in each check.
DRIFTS = {
    "a total": ("UPDATE person SET appearances = 9 WHERE slug = 'ann-smith'", "person", 1),
    "a total's time": ("UPDATE person SET spoken_ms = 1 WHERE slug = 'ann-smith'", "person", 1),
    "a total's date": ("UPDATE person SET last_on = '2020-01-01' WHERE id > 0", "person", 2),
    "a day": ("UPDATE person_day SET episodes = 7", "person_day", 2),
    "a lost day": ("DELETE FROM person_day", "person_day", 2),
    "a day too many": (
        "INSERT INTO person_day SELECT id, '2020-01-01', 1, 1, 1 FROM person LIMIT 1",
        "person_day",
        1,
    ),
    "a podcast": ("UPDATE person_podcast SET spoken_ms = 0", "person_podcast", 2),
    "a lost podcast": ("DELETE FROM person_podcast", "person_podcast", 2),
    "a speaker": ("UPDATE speaker SET appearances = 9 WHERE label = 'Ann Smith'", "speaker", 4),
    "a lost segment": ("DELETE FROM appearance WHERE text = 'Hello.'", "speaker", 1),
    "an uncounted person": ("UPDATE speaker SET person_id = NULL WHERE id > 0", "attribution", 8),
    "an uncounted date": ("UPDATE episode SET stats_date = '2020-01-01'", "person_day", 6),
}


@pytest.fixture(autouse=True)
def _stored(database: str) -> None:
    del database
    in_transaction(store, new_episode(), spoken("Ann Smith: Hello.", "Bob Jones: Hi.", "Music"))


def person_days() -> list[dict[str, object]]:
    return rows(
        "SELECT person_id, day, appearances, episodes, spoken_ms FROM person_day ORDER BY 1"
    )


def test_recount_of_a_healthy_database_finds_nothing() -> None:
    result = in_transaction(recount, check_attributions)
    assert result.changed == 0
    assert result.details == {}
    assert result.checked == {
        "speaker": 3,
        "appearance": 3,
        "person_day": 2,
        "person_podcast": 2,
        "person": 2,
    }


@pytest.mark.parametrize("drift", DRIFTS)
def test_recount_finds_drift_and_names_its_check(drift: str) -> None:
    statement, check, changed = DRIFTS[drift]
    execute(statement)
    result = in_transaction(recount, check_attributions)
    assert result.changed == changed
    assert check in result.details


@pytest.mark.parametrize("drift", DRIFTS)
def test_recount_with_fix_repairs_drift_and_counts_it(drift: str) -> None:
    statement, _, changed = DRIFTS[drift]
    execute(statement)
    assert in_transaction(recount, check_attributions, fix=True).changed == changed
    assert differences() == 0


def test_recount_without_fix_repairs_nothing() -> None:
    execute("UPDATE person SET appearances = 9")
    assert differences() == 2
    assert differences() == 2


def test_recount_with_fix_restores_the_counts() -> None:
    before = (figures(), person_days())
    execute("DELETE FROM person_day")
    execute("UPDATE person SET appearances = 9, first_on = :day", day=date(2020, 1, 1))
    in_transaction(recount, check_attributions, fix=True)
    assert (figures(), person_days()) == before


def test_recount_with_fix_of_correct_counts_writes_nothing() -> None:
    before = rows("SELECT id, xmin::text FROM person ORDER BY id")
    assert in_transaction(recount, check_attributions, fix=True).changed == 0
    assert rows("SELECT id, xmin::text FROM person ORDER BY id") == before


def test_recount_with_fix_does_not_deadlock_with_a_writer() -> None:
    episode = new_episode()
    attempts = []

    def repair_once(session: Session) -> Recount:
        attempts.append(session)
        return recount(session, check_attributions, fix=True)

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            assert lock_episode(session, episode)
            session.connection().execute(text("UPDATE speaker SET role = 'host'"))
            repair = pool.submit(in_transaction, repair_once)
            until_a_statement_waits_for_a_lock()
            # The next locks of a parse job; a deadlock would stop one of the two.
            session.connection().execute(text("UPDATE person SET name = name"))
            session.connection().execute(text("UPDATE podcast SET title = title"))
            count_appearances(session, episode, spoken("Cid Low: Hello."))
        assert repair.result().changed == 0
    assert len(attempts) == 1
    assert differences() == 0


def test_recount_with_fix_makes_writers_wait() -> None:
    episode = new_episode()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            recount(session, check_attributions, fix=True)
            storing = pool.submit(in_transaction, store, episode, spoken("Cid Low: Hello."))
            until_a_statement_waits_for_a_lock()
        storing.result()
    assert differences() == 0
