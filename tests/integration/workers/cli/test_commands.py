"""The commands: output for people, JSON for programs, exit codes."""

from pathlib import Path
from typing import Any

import pytest

from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tests.factories import NOW, add_episode, add_podcast, execute, one, spoken, store
from tests.heard_episodes import heard_episode
from tests.integration.commands import Run, run
from tests.integration.tasks.polling.test_polling import answer
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["run"]

TALK = spoken("Ann Smith: Hello.", "Bob Jones: Hi.", "Ann Smith: Well.", "Music")

# The documented JSON: every key, with the types of its value.
NOTHING = type(None)
PERSON = {
    "name": str,
    "slug": str,
    "appearances": int,
    "episodes": int,
    "podcasts": int,
    "seconds": float,
}
SPEAKER = {
    "episode_guid": str,
    "label": str,
    "person": (str, NOTHING),
    "method": str,
    "appearances": int,
    "seconds": float,
}
PODCAST = {
    "id": int,
    "feed_url": str,
    "title": str,
    "state": str,
    "episodes": int,
    "appearances": int,
    "last_ok_at": (str, NOTHING),
    "last_error": (str, NOTHING),
}
EPISODE = {
    "id": int,
    "guid": str,
    "title": str,
    "published_at": (str, NOTHING),
    "state": str,
    "reason": (str, NOTHING),
    "appearances": int,
}


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


def test_people_list_orders_by_appearances(run: Run, podcast: int) -> None:
    del podcast
    ended = run("people", "list", "--json")
    assert ended.code == 0
    for row in ended.json:
        assert_shape(row, PERSON)
    assert [(row["slug"], row["appearances"]) for row in ended.json] == [
        ("ann-smith", 2),
        ("bob-jones", 1),
    ]
    assert ended.json[0]["seconds"] == 20.0


def test_people_list_limit_zero_shows_all(run: Run, podcast: int) -> None:
    del podcast
    assert len(run("people", "list", "--limit", 1, "--json").json) == 1
    assert len(run("people", "list", "--limit", 0, "--json").json) == 2


def test_people_list_equal_counts_order_by_slug(run: Run, database: str) -> None:
    del database
    talk = spoken("Cat Moore: a", "Ann Smith: b", "Bob Jones: c")
    in_transaction(store, in_transaction(add_episode, in_transaction(add_podcast)), talk)
    slugs = [row["slug"] for row in run("people", "list", "--json").json]
    assert slugs == ["ann-smith", "bob-jones", "cat-moore"]


@pytest.mark.parametrize("by_url", [True, False])
def test_people_list_podcast_counts_within_it(run: Run, podcast: int, by_url: bool) -> None:
    other = in_transaction(add_episode, in_transaction(add_podcast))
    in_transaction(store, other, spoken("Ann Smith: Elsewhere."))
    name = "http://podcast.example/feed/" if by_url else podcast
    rows = run("people", "list", "--podcast", name, "--json").json
    assert [(row["slug"], row["appearances"], row["podcasts"]) for row in rows] == [
        ("ann-smith", 2, 1),
        ("bob-jones", 1, 1),
    ]


def test_speakers_list_shows_person_or_none(run: Run, podcast: int) -> None:
    rows = run("speakers", "list", "--podcast", podcast, "--json").json
    for row in rows:
        assert_shape(row, SPEAKER)
    assert {row["label"]: row["person"] for row in rows} == {
        "Ann Smith": "Ann Smith",
        "Bob Jones": "Bob Jones",
        "": None,
    }


@pytest.mark.parametrize("more", [(), ("--episodes",)])
def test_coverage_shows_unknown_speech(run: Run, podcast: int, more: tuple[str, ...]) -> None:
    (row,) = run("coverage", "--podcast", podcast, *more, "--json").json
    shown = (row["appearances"], row["named"], row["unknown"], row["quarantined"])
    assert shown == (4, 3, 1, 0)
    assert "25.0%" in run("coverage", *more).out


def test_speech_list_shows_the_coverage_of_each_episode(run: Run, podcast: int) -> None:
    episode = heard_episode(podcast, [(0, "Hello.")], title="Heard")
    (row,) = run("speech", "list", "--podcast", podcast, "--json").json
    assert (row["episode_id"], row["speech_coverage"], row["endpoint_ms"]) == (episode, 0.96, 0)
    assert "96.0%" in run("speech", "list").out
    assert run("speech", "list", "--degraded", "--json").json == []


def test_podcasts_list_shows_health(run: Run, podcast: int) -> None:
    (row,) = run("podcasts", "list", "--json").json
    assert_shape(row, PODCAST)
    assert (row["id"], row["episodes"], row["appearances"]) == (podcast, 1, 4)
    assert row["last_error"] is None


def test_episodes_list_shows_state(run: Run, podcast: int) -> None:
    (row,) = run("episodes", "list", "--podcast", podcast, "--json").json
    assert_shape(row, EPISODE)
    assert row["appearances"] == 4
    assert row["published_at"].startswith("2026-03-01T12:00:00")


def test_people_show_accepts_slug_or_any_spelling(run: Run, podcast: int) -> None:
    del podcast
    for name in ("ann-smith", "Ann Smith", "ANN  SMITH"):
        person = run("people", "show", name, "--json").json
        assert (person["slug"], person["appearances"]) == ("ann-smith", 2)
        assert person["by_year"] == [{"year": 2026, "appearances": 2, "episodes": 1}]
        assert [row["role"] for row in person["by_podcast"]] == ["guest"]
        assert (person["mentioned_in"], person["backchannel"]) == (0, 0)
    output = run("people", "show", "ann-smith").out
    assert "0 of them are listener responses" in output
    assert "│ 2026 │" in output
    assert run("people", "show", "Nobody Here").code == 1


def test_recount_healthy_database_is_zero(run: Run, podcast: int) -> None:
    del podcast
    ended = run("recount", "--json")
    assert ended.code == 0
    assert set(ended.json) == {"changed", "checked", "details"}
    assert (ended.json["changed"], ended.json["details"]) == (0, {})


def test_recount_drift_fails_until_fixed(run: Run, podcast: int) -> None:
    del podcast
    execute("UPDATE person SET appearances = 9 WHERE slug = 'ann-smith'")
    ended = run("recount", "--json")
    assert (ended.code, ended.json["changed"]) == (1, 1)
    assert ended.json["details"]["person"][0]["stored"] == 9
    assert run("recount", "--fix", "--json").code == 0
    assert run("recount", "--json").json["changed"] == 0


def test_status_shows_totals(run: Run, podcast: int) -> None:
    del podcast
    totals = run("status", "--json").json
    assert (totals["podcasts"], totals["episodes"], totals["appearances"]) == (1, 1, 4)
    assert totals["people"] == 2


@pytest.mark.parametrize(
    "noun",
    ["people", "speakers", "podcasts", "episodes", "feeds", "jobs", "decisions", "reingests"],
)
def test_lists_without_rows_are_empty(run: Run, noun: str) -> None:
    assert run(noun, "list").code == 0
    assert run(noun, "list", "--json").json == []


def test_jobs_are_listed_by_state_and_retried(run: Run, podcast: int) -> None:
    del podcast
    episode = one("SELECT id FROM episode")
    (job,) = in_transaction(request_jobs, "parse", [episode], NOW)
    execute("UPDATE job SET state = 'dead', outcome = 'dead', reason = 'html', message = 'a page'")
    (row,) = run("jobs", "list", "--state", "dead", "--json").json
    assert (row["id"], row["reason"]) == (job, "html")
    assert run("jobs", "list", "--state", "running", "--json").json == []
    assert run("jobs", "retry", job).code == 0
    assert run("jobs", "list", "--state", "waiting", "--json").json[0]["id"] == job
    execute("UPDATE job SET state = 'done', outcome = 'ran', reason = NULL")
    assert run("jobs", "retry", job).code == 1
    assert run("jobs", "retry").code == 2


def test_podcasts_add_prints_a_result_for_each_feed(run: Run, publisher: FaultServer) -> None:
    good = publisher.serve("/good", answer("1", "2"))
    page = publisher.serve("/page", Answer(body=b"<html><body>Hello</body></html>"))
    down = publisher.serve("/down", Answer(500))
    ended = run("podcasts", "add", good, page, down, "ftp://podcast.example/", "--json")
    assert ended.code == 1
    assert [(row["result"], row["reason"]) for row in ended.json] == [
        ("added", None),
        ("refused", "no_feed_found"),
        ("unreachable", "http_500"),
        ("refused", "scheme_refused"),
    ]
    again = run("podcasts", "add", good)
    assert (again.code, again.out.startswith("already added")) == (0, True)
    assert [row["feed_url"] for row in run("podcasts", "list", "--json").json] == [good]


def test_podcasts_import_sums_up_and_names_next_steps(
    run: Run, publisher: FaultServer, tmp_path: Path
) -> None:
    urls = [
        publisher.serve("/good", answer("1")),
        publisher.serve("/page", Answer(body=b"<html><body>Hello</body></html>")),
        publisher.serve("/down", Answer(500)),
    ]
    (file := tmp_path / "feeds.txt").write_text("\n".join(urls))
    *lines, summary = run("podcasts", "import", file).out.splitlines()
    assert summary == "1 added, 1 refused, 1 unreachable, will be tried again"
    assert lines[1].endswith("Look for the address of the RSS feed on that page.")
    assert lines[2].endswith("It will be tried again by itself.")


def test_podcasts_add_says_what_can_be_done_without_transcripts(
    run: Run, publisher: FaultServer
) -> None:
    ended = run("podcasts", "add", publisher.serve("/good", answer("1", "2")))
    assert "2 episodes, none with a transcript. Speech to text" in ended.out
    assert "OVERHEARD_SPEECH=true" in ended.out


def test_podcasts_import_prints_a_result_for_each_line(
    run: Run, publisher: FaultServer, tmp_path: Path
) -> None:
    good = publisher.serve("/good", answer("1"))
    opml = tmp_path / "feeds.opml"
    opml.write_text(
        f'<opml version="2.0"><body><outline text="a" xmlUrl="{good}"/>'
        '<outline text="b" xmlUrl="ftp://x.example/"/></body></opml>'
    )
    rows = run("podcasts", "import", opml, "--json").json
    assert sorted(row["result"] for row in rows) == ["added", "refused"]
    assert [row["result"] for row in run("podcasts", "import", opml, "--json").json].count(
        "already"
    ) == 1


def test_podcasts_import_polls_the_url_with_bare_ampersands(
    run: Run, publisher: FaultServer, tmp_path: Path
) -> None:
    path = "/f?show=7&format=rss&copy=2"
    opml = tmp_path / "feeds.opml"
    url = publisher.serve(path, answer("1"))
    opml.write_text(f'<opml><body><outline type="rss" xmlUrl="{url}"/></body></opml>')
    [row] = run("podcasts", "import", opml, "--json").json
    assert row["result"] == "added"
    assert [seen.path for seen in publisher.requests] == [path]


def test_podcasts_exported_opml_imports(run: Run, podcast: int, tmp_path: Path) -> None:
    del podcast
    opml = tmp_path / "out.opml"
    opml.write_text(run("podcasts", "export").out)
    assert run("podcasts", "import", opml, "--json").json[0]["result"] == "already"


def test_podcasts_pause_resume_remove_print_results(run: Run, podcast: int) -> None:
    del podcast
    url = "https://podcast.example/feed"
    assert run("podcasts", "resume", url).out.startswith("unchanged, it is active")
    assert run("podcasts", "pause", url).out.startswith("paused")
    assert run("podcasts", "resume", url).out.startswith("resumed")
    assert run("podcasts", "remove", url).out.startswith("removed")
    assert run("people", "list", "--json").json == []
    assert run("podcasts", "remove", "https://other.example/").code == 1


def test_podcasts_list_markup_in_titles_is_escaped(run: Run, podcast: int) -> None:
    execute("UPDATE podcast SET title = '[red]Loud[/red] \x1b[31m' WHERE id = :id", id=podcast)
    ended = run("podcasts", "list")
    assert "[red]" in ended.printed
    assert "\x1b[31m" not in ended.out
