"""Suggestions: made once, decided once and for ever, each by an event of the ledger."""

from dataclasses import asdict
from typing import Any

import pytest

from models.database import in_transaction
from models.queries.identity import suggestions
from tasks.identity import decisions as identify
from tasks.identity.store.review import accept, refuse
from tasks.identity.store.suggestions import suggest
from tasks.speakers.decision_values import DecisionRefused
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    differences,
    execute,
    one,
    rows,
    spoken,
    store,
)

pytestmark = pytest.mark.usefixtures("database")

SAID: dict[str, Any] = {"now": NOW}


@pytest.fixture
def podcast(database: str) -> int:
    """A misspelt guest, in a podcast of their own."""
    del database
    podcast = in_transaction(add_podcast)
    for talk in (("Gerhard Lazu: a", "Gerhard Lazu: b"), ("Gehard Lazu: c",)):
        in_transaction(store, in_transaction(add_episode, podcast), spoken(*talk))
    in_transaction(suggest, podcast, NOW)
    return podcast


def suggested() -> dict[str, Any]:
    (row,) = in_transaction(suggestions)
    return asdict(row)


def counts() -> dict[str, int]:
    query = "SELECT slug, appearances FROM person WHERE appearances > 0 ORDER BY slug"
    return {row["slug"]: row["appearances"] for row in rows(query)}


def test_accepting_that_two_are_one_merges_the_lesser_into_the_greater(podcast: int) -> None:
    event = in_transaction(accept, "ann", "a typo", suggestion_id=suggested()["id"], **SAID)
    assert event.kind == "merge"
    assert counts() == {"gerhard-lazu": 3}
    in_transaction(suggest, podcast, NOW)
    assert in_transaction(suggestions) == []
    assert differences() == 0


def test_refusing_that_two_are_one_is_for_ever_and_a_decision_of_the_ledger(podcast: int) -> None:
    number = suggested()["id"]
    event = in_transaction(refuse, "ann", "brothers", suggestion_id=number, **SAID)
    assert event is not None
    assert event.kind == "never_merge"
    in_transaction(suggest, podcast, NOW)
    assert in_transaction(suggestions) == []
    for again in (accept, refuse):
        with pytest.raises(DecisionRefused) as caught:
            in_transaction(again, "ann", "", suggestion_id=number, **SAID)
        assert caught.value.reason == "already_decided"
    execute("DELETE FROM suggestion")  # as in a database that only has the ledger
    in_transaction(suggest, podcast, NOW)
    assert in_transaction(suggestions) == []


def test_accepting_that_one_is_two_splits_them_by_podcast(podcast: int) -> None:
    execute("UPDATE podcast SET language = 'en'")
    german = in_transaction(add_podcast)
    execute("UPDATE podcast SET language = 'de' WHERE id = :id", id=german)
    in_transaction(store, in_transaction(add_episode, german), spoken("Gerhard Lazu: Ja."))
    execute("UPDATE suggestion SET state = 'refused'")
    in_transaction(suggest, podcast, NOW)
    assert suggested()["kind"] == "split"
    in_transaction(accept, "ann", "", suggestion_id=suggested()["id"], **SAID)
    assert counts()["gerhard-lazu-2"] in {1, 2}
    assert differences() == 0


def lose_an_assignment() -> int:
    episode = in_transaction(add_episode, in_transaction(add_podcast))
    in_transaction(store, episode, spoken("Host: Hello.", "Ann Smith: Hi."))
    ann = one("SELECT id FROM person WHERE slug = 'ann-smith'")
    asked = {"person_id": ann, "episode_id": episode, "label": "Host"}
    in_transaction(identify.assign, "ann", "", **asked, **SAID)
    in_transaction(store, episode, spoken("Host: Other words.", "Ann Smith: Hi."))
    return int(suggested()["id"])


def test_accepting_a_lost_assignment_assigns_the_new_text() -> None:
    in_transaction(accept, "ann", "", suggestion_id=lose_an_assignment(), **SAID)
    assert counts() == {"ann-smith": 2}
    assert in_transaction(suggestions) == []


def test_refusing_a_lost_assignment_undoes_it() -> None:
    in_transaction(refuse, "ann", "", suggestion_id=lose_an_assignment(), **SAID)
    assert counts() == {"ann-smith": 1}
    assert one("SELECT count(*) FROM identity_event WHERE undone_by IS NOT NULL") == 1
    assert in_transaction(suggestions) == []
