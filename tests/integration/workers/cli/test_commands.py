"""The commands: what they print, the JSON that programs rely on, and their exit codes."""

from pathlib import Path
from typing import Any

import pytest

from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tests.factories import NOW, add_episode, add_podcast, execute, one, spoken, store
from tests.integration.commands import Run, run
from tests.integration.tasks.polling.test_polling import answer
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["run"]

TALK = spoken("Ann Smith: Hello.", "Bob Jones: Hi.", "Ann Smith: Well.", "Music")

# The documented shapes: every key, with the types that its value may have.
NOTHING = type(None)
PERSON = {
    "name": str, "slug": str, "appearances": int, "episodes": int, "podcasts": int,
    "seconds": float,
}  # fmt: skip
SPEAKER = {
    "episode_guid": str, "label": str, "person": (str, NOTHING), "method": str,
    "appearances": int, "seconds": float,
}  # fmt: skip
PODCAST = {
    "id": int, "feed_url": str, "title": str, "state": str, "episodes": int, "appearances": int,
    "last_ok_at": (str, NOTHING), "last_error": (str, NOTHING),
}  # fmt: skip
EPISODE = {
    "id": int, "guid": str, "title": str, "published_at": (str, NOTHING), "state": str,
    "reason": (str, NOTHING), "appearances": int,
}  # fmt: skip


def assert_shape(row: dict[str, Any], shape: dict[str, Any]) -> None:
    assert set(shape) <= set(row)
    for key, kinds in shape.items():
        assert isinstance(row[key], kinds), key


@pytest.fixture
def podcast(database: str) -> int:
    del database
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed")
    in_transaction(store, in_transaction(add_episode, podcast), TALK)
    return podcast


def test_people_are_listed_by_appearances(run: Run, podcast: int) -> None:
    del podcast
    ended = run("people", "--json")
    assert ended.code == 0
    for row in ended.json:
        assert_shape(row, PERSON)
    assert [(row["slug"], row["appearances"]) for row in ended.json] == [
        ("ann-smith", 2), ("bob-jones", 1),
    ]  # fmt: skip
    assert ended.json[0]["seconds"] == 20.0


def test_a_limit_of_zero_is_all(run: Run, podcast: int) -> None:
    del podcast
    assert len(run("people", "--limit", 1, "--json").json) == 1
    assert len(run("people", "--limit", 0, "--json").json) == 2


def test_equal_figures_are_ordered_by_slug(run: Run, database: str) -> None:
    del database
    talk = spoken("Cat Moore: a", "Ann Smith: b", "Bob Jones: c")
    in_transaction(store, in_transaction(add_episode, in_transaction(add_podcast)), talk)
    slugs = [row["slug"] for row in run("people", "--json").json]
    assert slugs == ["ann-smith", "bob-jones", "cat-moore"]


@pytest.mark.parametrize("by_address", [True, False])
def test_people_of_a_podcast_count_within_it(run: Run, podcast: int, by_address: bool) -> None:
    other = in_transaction(add_episode, in_transaction(add_podcast))
    in_transaction(store, other, spoken("Ann Smith: Elsewhere."))
    said = "http://podcast.example/feed/" if by_address else podcast
    rows = run("people", "--podcast", said, "--json").json
    assert [(row["slug"], row["appearances"], row["podcasts"]) for row in rows] == [
        ("ann-smith", 2, 1), ("bob-jones", 1, 1),
    ]  # fmt: skip


def test_speakers_are_listed_with_their_person_or_none(run: Run, podcast: int) -> None:
    rows = run("speakers", "--podcast", podcast, "--json").json
    for row in rows:
        assert_shape(row, SPEAKER)
    assert {row["label"]: row["person"] for row in rows} == {
        "Ann Smith": "Ann Smith", "Bob Jones": "Bob Jones", "": None,
    }  # fmt: skip


@pytest.mark.parametrize("more", [(), ("--episodes",)])
def test_how_much_is_said_by_nobody_that_is_known(
    run: Run, podcast: int, more: tuple[str, ...]
) -> None:
    (row,) = run("speech", "--podcast", podcast, *more, "--json").json
    said = (row["appearances"], row["named"], row["unknown"], row["quarantined"])
    assert said == (4, 3, 1, 0)
    assert "25.0%" in run("speech", *more).out


def test_podcasts_are_listed_with_their_health(run: Run, podcast: int) -> None:
    (row,) = run("podcasts", "--json").json
    assert_shape(row, PODCAST)
    assert (row["id"], row["episodes"], row["appearances"]) == (podcast, 1, 4)
    assert row["last_error"] is None


def test_episodes_are_listed_with_what_became_of_them(run: Run, podcast: int) -> None:
    (row,) = run("episodes", "--podcast", podcast, "--json").json
    assert_shape(row, EPISODE)
    assert row["appearances"] == 4
    assert row["published_at"].startswith("2026-03-01T12:00:00")


def test_a_person_is_shown_by_slug_or_by_any_spelling_of_the_name(run: Run, podcast: int) -> None:
    del podcast
    for said in ("ann-smith", "Ann Smith", "ANN  SMITH"):
        found = run("person", said, "--json").json
        assert (found["slug"], found["appearances"]) == ("ann-smith", 2)
        assert found["by_year"] == [{"year": 2026, "appearances": 2, "episodes": 1}]
        assert [one["role"] for one in found["by_podcast"]] == ["guest"]
        assert (found["mentioned_in"], found["is_backchannel"]) == (0, 0)
    told = run("person", "ann-smith").out
    assert "0 of them only show that they listen" in told
    assert "│ 2026 │" in told
    assert run("person", "Nobody Here").code == 1


def test_a_recount_of_a_healthy_database_is_zero(run: Run, podcast: int) -> None:
    del podcast
    ended = run("recount", "--json")
    assert ended.code == 0
    assert set(ended.json) == {"changed", "checked", "details"}
    assert (ended.json["changed"], ended.json["details"]) == (0, {})


def test_a_recount_that_finds_drift_fails_until_it_is_fixed(run: Run, podcast: int) -> None:
    del podcast
    execute("UPDATE person SET appearances = 9 WHERE slug = 'ann-smith'")
    found = run("recount", "--json")
    assert (found.code, found.json["changed"]) == (1, 1)
    assert found.json["details"]["person"][0]["kept"] == 9
    assert run("recount", "--fix", "--json").code == 0
    assert run("recount", "--json").json["changed"] == 0


def test_status_counts_the_whole(run: Run, podcast: int) -> None:
    del podcast
    found = run("status", "--json").json
    assert (found["podcasts"], found["episodes"], found["appearances"]) == (1, 1, 4)
    assert found["people"] == 2


@pytest.mark.parametrize(
    "command", ["people", "speakers", "podcasts", "episodes", "status", "jobs"]
)
def test_every_list_is_a_table_for_people_and_an_empty_one_for_nothing(
    run: Run, command: str
) -> None:
    assert run(command).code == 0
    if command != "status":
        assert run(command, "--json").json == []


def test_jobs_are_listed_by_state_and_retried(run: Run, podcast: int) -> None:
    del podcast
    episode = one("SELECT id FROM episode")
    (job,) = in_transaction(request_jobs, "parse", [episode], NOW)
    execute("UPDATE job SET state = 'dead', outcome = 'dead', reason = 'html', message = 'a page'")
    (row,) = run("jobs", "--state", "dead", "--json").json
    assert (row["id"], row["reason"]) == (job, "html")
    assert run("jobs", "--state", "running", "--json").json == []
    assert run("jobs", "retry", job).code == 0
    assert run("jobs", "--state", "waiting", "--json").json[0]["id"] == job
    assert run("jobs", "retry", job).code == 1
    assert run("jobs", "retry").code == 2


def test_add_says_for_each_feed_what_came_of_it(run: Run, publisher: FaultServer) -> None:
    good = publisher.serve("/good", answer("1", "2"))
    page = publisher.serve("/page", Answer(body=b"<html><body>Hello</body></html>"))
    down = publisher.serve("/down", Answer(500))
    ended = run("add", good, page, down, "ftp://podcast.example/", "--json")
    assert ended.code == 1
    assert [(row["result"], row["reason"]) for row in ended.json] == [
        ("added", None), ("refused", "html"), ("unreachable", "http_500"),
        ("refused", "scheme_refused"),
    ]  # fmt: skip
    again = run("add", good)
    assert (again.code, again.out.startswith("already followed")) == (0, True)
    assert [row["feed_url"] for row in run("podcasts", "--json").json] == [good]


def test_import_gives_a_result_for_every_line(
    run: Run, publisher: FaultServer, tmp_path: Path
) -> None:
    good = publisher.serve("/good", answer("1"))
    opml = tmp_path / "feeds.opml"
    opml.write_text(
        f'<opml version="2.0"><body><outline text="a" xmlUrl="{good}"/>'
        '<outline text="b" xmlUrl="ftp://x.example/"/></body></opml>'
    )
    rows = run("import", opml, "--json").json
    assert sorted(row["result"] for row in rows) == ["added", "refused"]
    assert [row["result"] for row in run("import", opml, "--json").json].count("already") == 1


def test_what_is_exported_can_be_imported(run: Run, podcast: int, tmp_path: Path) -> None:
    del podcast
    opml = tmp_path / "out.opml"
    opml.write_text(run("export-opml").out)
    assert run("import", opml, "--json").json[0]["result"] == "already"


def test_pause_resume_and_remove_say_what_they_did(run: Run, podcast: int) -> None:
    del podcast
    url = "https://podcast.example/feed"
    assert run("resume", url).out.startswith("unchanged, it is active")
    assert run("pause", url).out.startswith("paused")
    assert run("resume", url).out.startswith("resumed")
    assert run("remove", url).out.startswith("removed")
    assert run("people", "--json").json == []
    assert run("remove", "https://other.example/").code == 1


def test_markup_in_titles_and_names_is_shown_as_it_is(run: Run, podcast: int) -> None:
    execute("UPDATE podcast SET title = '[red]Loud[/red] \x1b[31m' WHERE id = :id", id=podcast)
    ended = run("podcasts")
    assert "[red]" in ended.said
    assert "\x1b[31m" not in ended.out
