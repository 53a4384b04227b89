"""Suggestions are made once, and closed for good by an identity decision."""

from dataclasses import asdict
from typing import Any

import pytest

from models.database import in_transaction
from models.queries.identity import suggestions
from tasks.identity import decisions
from tasks.identity.review import accept, reject
from tasks.identity.store.suggestions import suggest
from tasks.speakers.decisions import DecisionRefused
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

AT_NOW: dict[str, Any] = {"now": NOW}


@pytest.fixture
def podcast(database: str) -> int:
    """A podcast whose guest is misspelled in one episode."""
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


def test_accepted_merge_merges_person_with_fewer_appearances(podcast: int) -> None:
    decision = in_transaction(accept, "ann", "a typo", suggestion_id=suggested()["id"], **AT_NOW)
    assert decision is not None
    assert decision.kind == "merge"
    assert counts() == {"gerhard-lazu": 3}
    in_transaction(suggest, podcast, NOW)
    assert in_transaction(suggestions) == []
    assert differences() == 0


def test_rejected_merge_is_final_and_in_decision_log(podcast: int) -> None:
    number = suggested()["id"]
    decision = in_transaction(reject, "ann", "brothers", suggestion_id=number, **AT_NOW)
    assert decision is not None
    assert decision.kind == "never_merge"
    in_transaction(suggest, podcast, NOW)
    assert in_transaction(suggestions) == []
    for again in (accept, reject):
        with pytest.raises(DecisionRefused) as caught:
            in_transaction(again, "ann", "", suggestion_id=number, **AT_NOW)
        assert caught.value.reason == "already_decided"
    execute("DELETE FROM suggestion")  # as in a database with only the decision log
    in_transaction(suggest, podcast, NOW)
    assert in_transaction(suggestions) == []


def test_accepted_split_splits_person_by_podcast(podcast: int) -> None:
    execute("UPDATE podcast SET language = 'en'")
    german = in_transaction(add_podcast)
    execute("UPDATE podcast SET language = 'de' WHERE id = :id", id=german)
    in_transaction(store, in_transaction(add_episode, german), spoken("Gerhard Lazu: Ja."))
    execute("UPDATE suggestion SET state = 'refused'")
    in_transaction(suggest, podcast, NOW)
    assert suggested()["kind"] == "split"
    in_transaction(accept, "ann", "", suggestion_id=suggested()["id"], **AT_NOW)
    assert counts()["gerhard-lazu-2"] in {1, 2}
    assert differences() == 0


def lose_assignment() -> int:
    episode = in_transaction(add_episode, in_transaction(add_podcast))
    in_transaction(store, episode, spoken("Host: Hello.", "Ann Smith: Hi."))
    ann = one("SELECT id FROM person WHERE slug = 'ann-smith'")
    fields = {"person_id": ann, "episode_id": episode, "label": "Host"}
    in_transaction(decisions.decide, "assign", "ann", "", **fields, **AT_NOW)
    in_transaction(store, episode, spoken("Host: Other words.", "Ann Smith: Hi."))
    return int(suggested()["id"])


def test_accepted_reassignment_assigns_new_text() -> None:
    in_transaction(accept, "ann", "", suggestion_id=lose_assignment(), **AT_NOW)
    assert counts() == {"ann-smith": 2}
    assert in_transaction(suggestions) == []


def test_rejected_reassignment_undoes_old_assignment() -> None:
    in_transaction(reject, "ann", "", suggestion_id=lose_assignment(), **AT_NOW)
    assert counts() == {"ann-smith": 1}
    assert one("SELECT count(*) FROM identity_event WHERE undone_by IS NOT NULL") == 1
    assert in_transaction(suggestions) == []
