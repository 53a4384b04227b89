"""The commands `feeds list` and `feeds show`: tables and JSON."""

from tests.factories import execute
from tests.integration.commands import Run, run
from tests.integration.tasks.polling.test_polling import answer, followed, poll
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["run"]

FIELDS = {
    "id",
    "feed_url",
    "title",
    "state",
    "host",
    "last_poll_at",
    "last_ok_at",
    "last_status",
    "errors",
    "failing_since",
    "reason",
    "message",
    "next_poll_at",
    "next_poll_reason",
    "notified_at",
    "notified_by",
    "push",
    "fresh_episodes",
    "seen_p50_seconds",
    "seen_p95_seconds",
    "counted_p50_seconds",
    "counted_p95_seconds",
}


def test_feeds_list_failing_feed_shows_errors_and_retry(run: Run, publisher: FaultServer) -> None:
    good = followed(publisher.serve("/good", answer("1", etag='"a"')))
    bad = followed(publisher.serve("/bad", answer("1"), Answer(503)))
    for podcast in (good, good, bad, bad):
        poll(podcast)
    rows = run("feeds", "list", "--json").json
    assert [set(row) for row in rows] == [FIELDS, FIELDS]
    assert [(row["errors"], row["last_status"]) for row in rows] == [(0, 304), (1, 503)]
    (row,) = run("feeds", "list", "--failing", "--json").json
    assert (row["id"], row["reason"], row["next_poll_reason"]) == (bad, "http_503", "backoff")
    assert row["failing_since"] is not None
    assert row["next_poll_at"] > row["last_poll_at"] > row["last_ok_at"]
    assert "backoff" in run("feeds", "list").printed


def test_feeds_show_history_lists_polls(run: Run, publisher: FaultServer) -> None:
    url = publisher.serve("/feed", answer("1", etag='"a"'), answer("1", etag='"a"'), Answer(500))
    podcast = followed(url)
    for _ in range(3):
        poll(podcast)
    execute("UPDATE crawl SET etag = NULL")
    feed = run("feeds", "show", url, "--history", "--json").json
    assert set(feed) == FIELDS | {"subscriptions", "history"}
    assert [(poll["outcome"], poll["status"], poll["polls"]) for poll in feed["history"]] == [
        ("failed", 500, 1),
        ("unchanged", 304, 1),
        ("changed", 200, 1),
    ]
    assert feed["history"][2]["new"] == 1
    limited = run("feeds", "show", podcast, "--history", "--limit", 2, "--json").json
    assert len(limited["history"]) == 2
    output = run("feeds", "show", podcast, "--history").printed
    assert "http_500" in output
    assert "backoff" in output


def test_feeds_show_unknown_feed_fails(run: Run) -> None:
    ended = run("feeds", "show", "https://podcast.example/feed")
    assert (ended.code, ended.err.strip()) == (
        1,
        "no such podcast: https://podcast.example/feed; give its title, feed URL or id",
    )


def test_feeds_list_without_podcasts_is_empty(run: Run) -> None:
    assert run("feeds", "list").code == 0
    assert run("feeds", "list", "--json").json == []


def test_status_shows_freshness(run: Run) -> None:
    assert run("status", "--json").json["freshness"] == {
        "fresh_episodes": 0,
        "seen_p50_seconds": None,
        "seen_p95_seconds": None,
        "counted_p50_seconds": None,
        "counted_p95_seconds": None,
    }
    assert "freshness of" not in run("status").printed  # of no episode
