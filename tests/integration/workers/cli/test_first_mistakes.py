"""The first mistakes of a new user: each answer names what was wrong, and what to do."""

from pathlib import Path
from typing import Any

import pytest

from models import get_settings
from tests.factories import one
from tests.integration.commands import Run, run, run_process
from workers.local.ready import PortInUse, free_port

__all__ = ["run"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["start"], "Did you mean 'up'?"),
        (["stop"], "Did you mean 'down'?"),
        (["help"], "Did you mean '--help'?"),
        (["podcasts", "add", " "], "an address is empty"),
        (["podcasts", "import", "https://foo.example/list.opml"], "is no file: download the list"),
        (["explain", "nobody"], "give an episode's id (episode:7)"),
    ],
)
def test_mistake_is_named_with_what_to_do(run: Run, words: list[str], answer: str) -> None:
    ended = run(*words)
    assert ended.code in {1, 2}
    assert answer in " ".join(ended.printed.replace("│", " ").split())


def test_help_has_a_short_option(run: Run) -> None:
    assert run("-h").code == run("people", "list", "-h").code == 0


def test_list_in_place_of_an_address_names_the_command_for_lists(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.opml"
    file.write_text("<opml version='2.0'><body/></opml>")
    ended = run("podcasts", "add", file)
    assert ended.code == 1
    assert f"overheard podcasts import {file}" in ended.printed


def test_address_without_a_scheme_is_no_file(run: Run) -> None:
    assert run("ingest", "127.0.0.1:1/feed", "--no-wait").code == 0
    assert one("SELECT feed_url FROM podcast") == "https://127.0.0.1:1/feed"


def test_empty_list_says_how_to_begin(run: Run) -> None:
    assert "overheard podcasts add URL" in run("people", "list").out


@pytest.mark.parametrize(
    ("variable", "value", "answer"),
    [
        ("SEARCH_INDEX", "/proc/nowhere", "/proc/nowhere cannot be written: No such file"),
        ("LOG_DIR", "/proc/nowhere", "/proc/nowhere cannot be written: No such file"),
        ("PLANS", "/nowhere.toml", "/nowhere.toml cannot be read: No such file or directory"),
        ("ALLOWED_PORTS", "http", "'http' is no number of a port"),
        ("ALLOWED_NETWORKS", "localhost", "'localhost' is not a network"),
        ("WEB_PORT", "abc", "must be a whole number"),
        ("PUBLIC_READING", "maybe", "must be true or false"),
    ],
)
@pytest.mark.parametrize("command", ["migrate", "web", "indexer"])
def test_setting_that_cannot_be_used_is_one_sentence(
    command: str, variable: str, value: str, answer: str, database: str
) -> None:
    del database
    ended = run_process(command, **{f"OVERHEARD_{variable}": value})
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert f"OVERHEARD_{variable}" in ended.err
    assert answer in " ".join(ended.err.split())


@pytest.mark.parametrize("host", ["8.8.8.8", "no-such-host.invalid"])
def test_address_of_another_machine_is_no_port_in_use(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_WEB_HOST", host)
    get_settings.cache_clear()
    try:
        with pytest.raises(PortInUse, match="OVERHEARD_WEB_HOST"):
            free_port(get_settings())
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()


def test_doctor_names_a_network_that_cannot_be_read(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_ALLOWED_NETWORKS", "localhost")
    found: Any = run("doctor").out
    assert "nothing can be fetched: 'localhost' is not a network" in " ".join(found.split())
