"""Errors are one line: exit code 2 for wrong use, 1 for failed work, never a traceback."""

from pathlib import Path

import pytest

from models import get_settings
from models.database import forget_engine
from tasks.http.settings import fetch_loop
from tests.integration.commands import Ended, Run, run, run_process

__all__ = ["run"]


def assert_one_clear_line(ended: Ended, *words: str) -> None:
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.printed
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert len(lines) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["people", "list", "--limit", "-1"],
        ["people", "list", "--limit", "many"],
        ["people", "show"],
        ["people", "list", "merge"],
        ["podcasts", "add"],
        ["ingest"],
        ["jobs", "list", "--state", "asleep"],
        ["reingest"],
        ["reingest", "all", "episode:1"],
        ["reingest", "all", "--stage", "dream"],
        ["reingest", "dream"],
        ["reingest", "episode:one"],
        ["reingest", "since:yesterday"],
        ["worker", "--queues", "nonsense"],
        ["podcasts", "import", "/does/not/exist.opml"],
        ["ingest", "/does/not/exist.opml"],
    ],
)
def test_command_wrong_use_exits_2_with_a_reason(run: Run, words: list[str]) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert ended.err
    assert "Traceback" not in ended.err


def test_podcasts_import_list_without_feeds_is_wrong_use(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.opml"
    empty.write_text("<opml version='2.0'><body/></opml>")
    assert run("podcasts", "import", empty).code == 2


@pytest.mark.parametrize("command", [["ingest"], ["podcasts", "import"]])
def test_text_in_place_of_a_list_is_one_sentence(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    text = tmp_path / "README.md"
    text.write_text("# A heading\n\nSome words.\nMore words.\n")
    ended = run(*command, text)
    assert ended.code == 2
    assert ended.printed.count("no list of feeds") == 1


@pytest.mark.parametrize("noun", ["people", "speakers", "episodes"])
def test_podcast_option_unknown_podcast_fails(run: Run, noun: str) -> None:
    ended = run(noun, "list", "--podcast", "https://nowhere.example/")
    assert ended.code == 1
    assert_one_clear_line(ended, "no such podcast", "https://nowhere.example/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLL_BATCH", "none"),
        ("POLL_BATCH", "0"),
        ("LOG_FORMAT", "xml"),
        ("JOB_LEASE_SECONDS", "-1"),
    ],
)
def test_command_invalid_setting_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"OVERHEARD_{name}", value)
    get_settings.cache_clear()
    ended = run("people", "list")
    assert ended.code == 2
    assert_one_clear_line(ended, f"OVERHEARD_{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_NETWORKS", "the moon"),
        ("ALLOWED_PORTS", "http"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_command_meaningless_setting_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"OVERHEARD_{name}", value)
    get_settings.cache_clear()
    forget_engine()
    fetch_loop.cache_clear()
    ended = run("podcasts", "add", "https://203.0.113.1/feed")
    forget_engine()
    fetch_loop.cache_clear()
    assert ended.code in {1, 2}
    assert_one_clear_line(ended, f"OVERHEARD_{name}")


def test_command_unreachable_database_hides_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://ann:s3cretpw@127.0.0.1:1/nothing"
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", url)
    get_settings.cache_clear()
    forget_engine()
    ended = run("people", "list")
    forget_engine()
    assert ended.code == 1
    assert_one_clear_line(ended, "the database")
    assert "s3cretpw" not in ended.printed


@pytest.mark.slow
def test_entry_point_error_is_one_line() -> None:
    ended = run_process(
        "people", "list", OVERHEARD_DATABASE_URL="mysql://x", OVERHEARD_BROKER_URL="redis://x"
    )
    assert ended.code == 2
    assert_one_clear_line(ended, "OVERHEARD_DATABASE_URL", "must begin with postgresql://")


def test_misspelt_variable_is_warned_of(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_DATABSE_URL", "postgresql://ann:s3cretpw@host/name")
    ended = run("people", "list")
    assert ended.code == 0
    assert "OVERHEARD_DATABSE_URL is no setting" in ended.printed
    assert "did you mean OVERHEARD_DATABASE_URL?" in ended.printed
    assert "s3cretpw" not in ended.printed
    assert ended.out.startswith("nothing; ")


def test_logs_without_files_name_where_else(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OVERHEARD_LOG_DIR", str(tmp_path / "none"))
    get_settings.cache_clear()
    ended = run("logs")
    assert ended.code == 1
    assert "journalctl" in ended.printed
