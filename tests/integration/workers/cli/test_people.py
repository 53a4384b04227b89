"""The commands that decide who is who: what they print, their JSON, and their exit codes."""

import io
import json
import sys
from pathlib import Path

import pytest

from models.database import in_transaction
from tasks.identity.store.suggestions import suggest
from tests.conftest import empty_database
from tests.factories import NOW, add_episode, add_podcast, differences, one, rows, spoken, store
from tests.integration.commands import Run, run

__all__ = ["run"]

TALK = spoken("Ann Smith: Hello.", "Anne Smith: Hi.", "Ann Smith: Well.", "Host: So.")
ADDRESS = "https://podcast.example/feed"


def make_world() -> int:
    podcast = in_transaction(add_podcast, url=ADDRESS)
    episode = in_transaction(add_episode, podcast, guid="one")
    in_transaction(store, episode, TALK)
    return episode


@pytest.fixture
def episode(database: str) -> int:
    del database
    return make_world()


def counts() -> dict[str, int]:
    query = "SELECT slug, appearances FROM person WHERE appearances > 0 ORDER BY slug"
    return {row["slug"]: row["appearances"] for row in rows(query)}


def test_people_without_a_sub_command_are_listed(run: Run, episode: int) -> None:
    del episode
    assert [row["slug"] for row in run("people", "--json").json] == ["ann-smith", "anne-smith"]
    assert run("people", "--limit", 1).code == 0


def test_a_merge_is_told_by_its_number_and_undone_by_it(run: Run, episode: int) -> None:
    del episode
    words = ("anne-smith", "Ann Smith", "--reason", "a typo", "--actor", "ann")
    ended = run("people", "merge", *words, "--json")
    assert ended.code == 0
    event = ended.json
    assert (event["kind"], event["actor"], event["reason"]) == ("merge", "ann", "a typo")
    assert event["changed"] == 1
    story = run("person", "anne-smith", "--json").json
    assert (story["slug"], story["appearances"]) == ("ann-smith", 3)
    assert [each["kind"] for each in story["events"]] == ["merge"]
    assert "a typo" in run("person", "Ann Smith").said
    assert run("people", "undo", event["id"]).code == 0
    assert counts() == {"ann-smith": 2, "anne-smith": 1}
    listed = run("ledger", "--json").json
    assert [each["kind"] for each in listed] == ["undo", "merge"]
    assert listed[1]["undone_by"] == listed[0]["id"]


def test_every_kind_of_decision_has_its_command(run: Run, episode: int) -> None:
    in_podcast, in_episode = ("--podcast", ADDRESS), ("--episode", episode)
    for words in (
        ("never-merge", "ann-smith", "anne-smith"),
        ("rename", "anne-smith", "Anne S."),
        ("alias", "ann-smith", "Host", *in_podcast),
        ("assign", "Bob Jones", "--new", *in_episode, "--label", "Host"),
        ("split", "ann-smith", "--as", "Another Ann", *in_podcast),
        ("not-a-person", "Anne Smith", *in_podcast),
        ("quarantine", "Another Ann"),
        ("release", "another-ann", *in_episode),
        ("quarantine", "--label", "Host", *in_podcast),
        ("release", "--label", "Host", *in_episode),
        ("suppress", "anne-smith"),
    ):
        ended = run("people", *words)
        assert ended.code == 0, (words, ended.said)
        assert f": {words[0].replace('-', '_')}," in ended.out
    assert counts() == {"another-ann": 2, "bob-jones": 1}
    assert differences() == 0


def test_what_cannot_be_decided_ends_with_its_reason_word(run: Run, episode: int) -> None:
    del episode
    for reason, words in (
        ("no_such_person", ("merge", "carl", "ann-smith")),
        ("same_person", ("merge", "ann-smith", "Ann Smith")),
        ("no_such_event", ("undo", "999999")),
        ("no_such_episode", ("not-a-person", "Host", "--episode", "999999")),
        ("no_such_speaker", ("assign", "ann-smith", "--episode", "0", "--label", "X")),
        ("no_scope", ("split", "ann-smith", "--as", "Ann")),
    ):
        ended = run("people", *words)
        assert ended.code == 1, words
        assert ended.err.startswith(reason + ": "), ended.err
    assert run("people", "release").code == 2


def test_the_queue_is_listed_and_decided(run: Run, episode: int) -> None:
    del episode
    podcast = one("SELECT id FROM podcast")
    other = in_transaction(add_episode, podcast)
    in_transaction(store, other, spoken("Gerhard Lazu: a"))
    in_transaction(store, in_transaction(add_episode, podcast), spoken("Gehard Lazu: a"))
    run("people", "quarantine", "ann-smith", "--reason", "is she?")
    in_transaction(suggest, podcast, NOW)
    queue = run("review", "--json").json
    assert [(row["kind"], row["other"]) for row in queue["suggestions"]] == [
        ("merge", "Gehard Lazu")
    ]
    assert [(row["slug"], row["reason"]) for row in queue["quarantined"]] == [("ann-smith", "held")]
    assert "Gehard Lazu" in run("review").said
    number = queue["suggestions"][0]["id"]
    assert run("review", "accept", number).code == 0
    assert run("review", "refuse", number).err.startswith("already_decided: ")
    assert counts()["gerhard-lazu"] == 2
    assert run("review", "--json").json["suggestions"] == []


def test_an_audit_asks_about_the_same_speakers_again_only_until_they_are_judged(
    run: Run, episode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    del episode
    drawn = run("audit", "--sample", 5, "--seed", 7, "--json").json
    assert {row["label"] for row in drawn["drawn"]} == {"Ann Smith", "Anne Smith"}
    assert drawn["precision"][-1]["judged"] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\nn\n"))
    said = run("audit", "--sample", 5, "--seed", 7).said
    assert "1 of 2" in said
    assert "Hello." in said
    again = run("audit", "--sample", 5, "--seed", 7, "--json").json
    assert [row["judged"] for row in again["drawn"]] == [True, True]
    assert again["precision"][-1]["correct"] == 1
    assert again["precision"][-1]["precision"] == 0.5


def test_the_ledger_is_carried_to_another_database_and_taken_once(
    run: Run, episode: int, tmp_path: Path
) -> None:
    for words in (
        ("split", "ann-smith", "--as", "Another Ann", "--podcast", ADDRESS),
        ("merge", "anne-smith", "another-ann"),
        ("assign", "ann-smith", "--episode", episode, "--label", "Host"),
        ("never-merge", "ann-smith", "another-ann"),
        ("rename", "ann-smith", "Annie"),
    ):
        assert run("people", *words).code == 0
    assert run("people", "undo", one("SELECT max(id) FROM identity_event")).code == 0
    expected, lines = counts(), run("ledger", "export").out
    assert expected == {"ann-smith": 1, "another-ann": 3}
    empty_database()
    make_world()
    file = tmp_path / "ledger.jsonl"
    file.write_text(lines)
    ended = run("ledger", "import", file, "--json")
    assert (ended.code, ended.json["taken"], ended.json["known"]) == (0, 6, 0)
    assert counts() == expected
    assert run("ledger", "export").out.count("\n") == 6
    assert [json.loads(line)["uuid"] for line in run("ledger", "export").out.splitlines()] == [
        json.loads(line)["uuid"] for line in lines.splitlines()
    ]
    ended = run("ledger", "import", file)
    assert "0 taken, 6 known" in ended.said
    assert counts() == expected
    assert differences() == 0


def test_events_about_what_is_not_here_are_left_out_and_said(
    run: Run, episode: int, tmp_path: Path
) -> None:
    del episode
    run("people", "merge", "anne-smith", "ann-smith")
    file = tmp_path / "ledger.jsonl"
    file.write_text(run("ledger", "export").out + '{"kind": "merge"}\n')
    empty_database()
    ended = run("ledger", "import", file, "--json")
    assert ended.code == 1
    assert [row["reason"] for row in ended.json["left_out"]] == ["no_such_person", "unreadable"]
    file.write_text("{")
    assert run("ledger", "import", file).code == 2
