"""Identity decisions, suggestions, audit and decision log: output, JSON, exit codes."""

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
FEED_URL = "https://podcast.example/feed"


def make_world() -> int:
    podcast = in_transaction(add_podcast, url=FEED_URL)
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


def test_person_unknown_name_is_answered_with_similar_ones(run: Run, episode: int) -> None:
    del episode
    assert "did you mean Ann Smith or Anne Smith?" in run("people", "show", "Smith").err
    assert "did you mean Ann" in run("people", "show", "Anm Smith").err
    assert run("people", "show", "Zoltan").err == "no such person: Zoltan\n"


def test_empty_suggestions_are_nothing(run: Run, database: str) -> None:
    del database
    assert run("suggestions", "list").out == "nothing\n"


def test_people_list_shows_people(run: Run, episode: int) -> None:
    del episode
    assert [row["slug"] for row in run("people", "list", "--json").json] == [
        "ann-smith",
        "anne-smith",
    ]
    assert run("people", "list", "--limit", 1).code == 0


def test_people_merge_is_undone_by_its_number(run: Run, episode: int) -> None:
    del episode
    words = ("anne-smith", "Ann Smith", "--reason", "a typo", "--actor", "ann")
    ended = run("people", "merge", *words, "--json")
    assert ended.code == 0
    decision = ended.json
    assert (decision["kind"], decision["actor"], decision["reason"]) == ("merge", "ann", "a typo")
    assert decision["changed"] == 1
    person = run("people", "show", "anne-smith", "--json").json
    assert (person["slug"], person["appearances"]) == ("ann-smith", 3)
    assert [each["kind"] for each in person["decisions"]] == ["merge"]
    assert "a typo" in run("people", "show", "Ann Smith").printed
    assert run("people", "undo", decision["id"]).code == 0
    assert counts() == {"ann-smith": 2, "anne-smith": 1}
    listed = run("decisions", "list", "--json").json
    assert [each["kind"] for each in listed] == ["undo", "merge"]
    assert listed[1]["undone_by"] == listed[0]["id"]


def test_people_every_decision_kind_has_a_command(run: Run, episode: int) -> None:
    in_podcast, in_episode = ("--podcast", FEED_URL), ("--episode", episode)
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
        assert ended.code == 0, (words, ended.printed)
        assert f": {words[0].replace('-', '_')}," in ended.out
    assert counts() == {"another-ann": 2, "bob-jones": 1}
    assert differences() == 0


def test_people_refused_decision_prints_its_reason(run: Run, episode: int) -> None:
    del episode
    for reason, words in (
        ("no_such_person", ("merge", "carl", "ann-smith")),
        ("same_person", ("merge", "ann-smith", "Ann Smith")),
        ("no_such_decision", ("undo", "999999")),
        ("no_such_episode", ("not-a-person", "Host", "--episode", "999999")),
        ("no_such_speaker", ("assign", "ann-smith", "--episode", "0", "--label", "X")),
        ("no_scope", ("split", "ann-smith", "--as", "Ann")),
    ):
        ended = run("people", *words)
        assert ended.code == 1, words
        assert ended.err.startswith(reason + ": "), ended.err
    assert run("people", "release").code == 2


def test_suggestions_are_listed_and_decided(run: Run, episode: int) -> None:
    del episode
    podcast = one("SELECT id FROM podcast")
    other = in_transaction(add_episode, podcast)
    in_transaction(store, other, spoken("Gerhard Lazu: a"))
    in_transaction(store, in_transaction(add_episode, podcast), spoken("Gehard Lazu: a"))
    run("people", "quarantine", "ann-smith", "--reason", "is she?")
    in_transaction(suggest, podcast, NOW)
    queue = run("suggestions", "list", "--json").json
    assert [(row["kind"], row["other"]) for row in queue["suggestions"]] == [
        ("merge", "Gehard Lazu")
    ]
    assert [(row["slug"], row["reason"]) for row in queue["quarantined"]] == [
        ("ann-smith", "by_decision")
    ]
    assert "Gehard Lazu" in run("suggestions", "list").printed
    number = queue["suggestions"][0]["id"]
    assert run("suggestions", "accept", number).code == 0
    assert run("suggestions", "reject", number).err.startswith("already_decided: ")
    assert counts()["gerhard-lazu"] == 2
    assert run("suggestions", "list", "--json").json["suggestions"] == []


def test_audit_same_seed_skips_answered_speakers(
    run: Run, episode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    del episode
    sampled = run("audit", "--sample", 5, "--seed", 7, "--json").json
    assert {row["label"] for row in sampled["drawn"]} == {"Ann Smith", "Anne Smith"}
    assert sampled["precision"][-1]["judged"] == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\nn\n"))
    output = run("audit", "--sample", 5, "--seed", 7).printed
    assert "1 of 2" in output
    assert "Hello." in output
    again = run("audit", "--sample", 5, "--seed", 7, "--json").json
    assert [row["judged"] for row in again["drawn"]] == [True, True]
    assert again["precision"][-1]["correct"] == 1
    assert again["precision"][-1]["precision"] == 0.5


def test_decisions_exported_import_once_elsewhere(run: Run, episode: int, tmp_path: Path) -> None:
    for words in (
        ("split", "ann-smith", "--as", "Another Ann", "--podcast", FEED_URL),
        ("merge", "anne-smith", "another-ann"),
        ("assign", "ann-smith", "--episode", episode, "--label", "Host"),
        ("never-merge", "ann-smith", "another-ann"),
        ("rename", "ann-smith", "Annie"),
    ):
        assert run("people", *words).code == 0
    assert run("people", "undo", one("SELECT max(id) FROM identity_event")).code == 0
    expected, lines = counts(), run("decisions", "export").out
    assert expected == {"ann-smith": 1, "another-ann": 3}
    empty_database()
    make_world()
    file = tmp_path / "decisions.jsonl"
    file.write_text(lines)
    ended = run("decisions", "import", file, "--json")
    assert (ended.code, ended.json["imported"], ended.json["known"]) == (0, 6, 0)
    assert counts() == expected
    assert run("decisions", "export").out.count("\n") == 6
    assert [json.loads(line)["uuid"] for line in run("decisions", "export").out.splitlines()] == [
        json.loads(line)["uuid"] for line in lines.splitlines()
    ]
    ended = run("decisions", "import", file)
    assert "0 imported, 6 known" in ended.printed
    assert counts() == expected
    assert differences() == 0


def test_decisions_import_unknown_subjects_left_out(run: Run, episode: int, tmp_path: Path) -> None:
    del episode
    run("people", "merge", "anne-smith", "ann-smith")
    file = tmp_path / "decisions.jsonl"
    file.write_text(run("decisions", "export").out + '{"kind": "merge"}\n')
    empty_database()
    ended = run("decisions", "import", file, "--json")
    assert ended.code == 1
    assert [row["reason"] for row in ended.json["left_out"]] == ["no_such_person", "unreadable"]
    file.write_text("{")
    assert run("decisions", "import", file).code == 2
