"""A recount finds every kind of drift, says where it is, and repairs it when asked."""

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
    until_somebody_waits_for_a_lock,
)

# What goes wrong, in which check it shows, and in how many rows in all: a figure of a speaker is
# the truth for the others, so a wrong one shows in each of them.
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


def kept() -> list[dict[str, object]]:
    return rows(
        "SELECT person_id, day, appearances, episodes, spoken_ms FROM person_day ORDER BY 1"
    )


def test_a_healthy_database_has_nothing_to_change() -> None:
    found = in_transaction(recount, check_attributions)
    assert found.changed == 0
    assert found.details == {}
    assert found.checked == {
        "speaker": 3, "appearance": 3, "person_day": 2, "person_podcast": 2, "person": 2,
    }  # fmt: skip


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_found_and_said_where_it_is(drift: str) -> None:
    statement, check, changed = DRIFTS[drift]
    execute(statement)
    found = in_transaction(recount, check_attributions)
    assert found.changed == changed
    assert check in found.details


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_repaired_when_asked_and_the_repair_says_how_much_it_was(drift: str) -> None:
    statement, _, changed = DRIFTS[drift]
    execute(statement)
    assert in_transaction(recount, check_attributions, fix=True).changed == changed
    assert differences() == 0


def test_without_being_asked_nothing_is_repaired() -> None:
    execute("UPDATE person SET appearances = 9")
    assert differences() == 2
    assert differences() == 2


def test_the_repair_brings_back_exactly_what_was_there() -> None:
    before = (figures(), kept())
    execute("DELETE FROM person_day")
    execute("UPDATE person SET appearances = 9, first_on = :day", day=date(2020, 1, 1))
    in_transaction(recount, check_attributions, fix=True)
    assert (figures(), kept()) == before


def test_a_repair_of_nothing_writes_no_figure() -> None:
    before = rows("SELECT id, xmin::text FROM person ORDER BY id")
    assert in_transaction(recount, check_attributions, fix=True).changed == 0
    assert rows("SELECT id, xmin::text FROM person ORDER BY id") == before


def test_a_repair_and_a_writer_that_has_begun_do_not_stop_each_other() -> None:
    episode = new_episode()
    tries = []

    def repairing(session: Session) -> Recount:
        tries.append(session)
        return recount(session, check_attributions, fix=True)

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            assert lock_episode(session, episode)
            session.connection().execute(text("UPDATE speaker SET role = 'host'"))
            repair = pool.submit(in_transaction, repairing)
            until_somebody_waits_for_a_lock()
            # What a parse job goes on with; a deadlock would stop one of the two.
            session.connection().execute(text("UPDATE person SET name = name"))
            session.connection().execute(text("UPDATE podcast SET title = title"))
            count_appearances(session, episode, spoken("Cid Low: Hello."))
        assert repair.result().changed == 0
    assert len(tries) == 1
    assert differences() == 0


def test_whoever_comes_during_a_repair_waits_for_it() -> None:
    episode = new_episode()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            recount(session, check_attributions, fix=True)
            storing = pool.submit(in_transaction, store, episode, spoken("Cid Low: Hello."))
            until_somebody_waits_for_a_lock()
        storing.result()
    assert differences() == 0
