"""The secrets of private feeds stay where they are needed, on every path that shows something."""

import logging
from collections.abc import Iterator

import pytest

from tests.factories import rows
from tests.integration.commands import Run, run
from tests.integration.tasks.polling.test_polling import answer
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["run"]

PASSWORD, TOKEN = "s3cretpw", "t0ps3cretvalue"


@pytest.fixture(autouse=True)
def _everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert_no_secret(caplog.text)


def assert_no_secret(output: str) -> None:
    assert PASSWORD not in output
    assert TOKEN not in output


def private(publisher: FaultServer, path: str, *answers: Answer) -> str:
    url = publisher.serve(f"{path}?token={TOKEN}", *answers)
    return url.replace("://", f"://ann:{PASSWORD}@")


def test_private_feed_is_shown_without_its_secrets(run: Run, publisher: FaultServer) -> None:
    url = private(publisher, "/feed", answer("1"))
    ended = run("podcasts", "add", url)
    assert ended.code == 0
    assert publisher.requests[0].headers["authorization"].startswith("Basic ")
    assert_no_secret(ended.printed)
    for command in ("podcasts", "episodes", "status", "jobs", "speakers", "people"):
        assert_no_secret(run(command).printed)
        assert_no_secret(run(command, "--json").printed)
    shown = run("podcasts", "list", "--json").json[0]
    assert (shown["privacy"], shown["feed_url"]) == ("private", f"{publisher.url()}***")


@pytest.mark.parametrize(
    "bad", [Answer(500), Answer(404), Answer(body=b"<html></html>"), Answer(reset=True)]
)
def test_a_private_feed_that_fails_keeps_its_secrets(
    run: Run, publisher: FaultServer, bad: Answer
) -> None:
    url = private(publisher, "/feed", bad)
    assert_no_secret(run("podcasts", "add", url).printed)
    assert_no_secret(run("podcasts", "list", "--all", "--json").printed)
    assert_no_secret(str(rows("SELECT last_error, last_error_reason FROM crawl")))


def test_a_redirect_of_a_private_feed_keeps_its_secrets(run: Run, publisher: FaultServer) -> None:
    away = Answer(302, headers={"Location": f"http://192.0.2.1/?token={TOKEN}"})
    assert_no_secret(run("podcasts", "add", private(publisher, "/feed", away)).printed)
    assert rows("SELECT id FROM podcast") == []


def test_private_feeds_are_left_out_of_the_export(run: Run, publisher: FaultServer) -> None:
    run("podcasts", "add", private(publisher, "/feed", answer("1")))
    ended = run("podcasts", "export")
    assert_no_secret(ended.printed)
    assert "<outline" not in ended.out
    assert "left out: 1 private" in ended.printed


def test_refused_private_url_is_shown_without_its_secrets(run: Run, publisher: FaultServer) -> None:
    del publisher
    url = f"ftp://ann:{PASSWORD}@podcast.example/feed?token={TOKEN}"
    for words in (("add", url), ("remove", url), ("pause", url), ("people", "--podcast", url)):
        ended = run(*words)
        assert ended.code != 0
        assert_no_secret(ended.printed)


def test_the_rows_that_are_shown_hold_no_secret(run: Run, publisher: FaultServer) -> None:
    run("podcasts", "add", private(publisher, "/feed", answer("1")))
    for table in ("podcast", "host", "job", "episode"):
        assert_no_secret(str(rows(f"SELECT to_jsonb(t) - 'url_key' AS row FROM {table} t")))  # noqa: S608
