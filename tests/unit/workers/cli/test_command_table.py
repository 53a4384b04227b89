"""The table of commands: it names real functions, and its help lines are their docstrings."""

import inspect
import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from workers.cli.command_entry import Entry
from workers.cli.command_table import PANELS
from workers.cli.lazy_group import LazyCommand, lazy_commands
from workers.cli.main import cli

COMMANDS = dict(lazy_commands())
# What takes a second to import, and what help, health checks or the supervisor never need.
HEAVY = {"celery", "kombu", "sqlalchemy", "sqlmodel", "lxml", "fastapi", "tantivy", "aiohttp"}
HEAVY |= {"httpx", "psycopg", "redis", "uvicorn", "alembic"}


def imported_by(*words: str) -> set[str]:
    """The top-level packages that a command imports."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "workers.cli", *words],
        env={**os.environ, "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    names = re.findall(r"^import time:.*\|\s*([\w.]+)$", ended.stderr, re.MULTILINE)
    assert "workers.cli.main" in names
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_help_line_equals_its_docstring(name: str) -> None:
    command = COMMANDS[name].load()
    first_paragraph = inspect.cleandoc(command.callback.__doc__).partition("\n\n")[0]
    assert " ".join(first_paragraph.split()) == COMMANDS[name].entry.help
    assert len(COMMANDS[name].entry.help) <= 90


@pytest.mark.parametrize("name", COMMANDS)
def test_command_options_and_arguments_have_help(name: str) -> None:
    for parameter in COMMANDS[name].load().params:
        assert parameter.help, f"{name} {parameter.name}"


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("people", "--help"), ("up", "--help")]
)
def test_help_and_version_import_no_heavy_package(words: tuple[str, ...]) -> None:
    assert imported_by(*words) & HEAVY == set()


@pytest.mark.parametrize("words", [("health", "worker"), ("health", "beat")])
def test_health_check_imports_no_heavy_package(words: tuple[str, ...]) -> None:
    assert imported_by(*words) & (HEAVY | {"structlog"}) == set()


def test_reading_command_does_not_import_celery() -> None:
    module = COMMANDS["people list"].entry.target.partition(":")[0]
    code = f"import sys, workers.cli.{module}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(ended.stdout.split())
    assert "sqlalchemy" in modules
    assert {"celery", "kombu", "lxml", "fastapi", "tantivy", "aiohttp"} & modules == set()


def test_help_shows_every_command_under_its_panel() -> None:
    result = CliRunner().invoke(cli, ["--help"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    panels = re.split(r"^╭─ ", result.stdout, flags=re.MULTILINE)[1:]
    shown = {
        panel.partition(" ─")[0]: re.findall(r"^│ ([a-z]\S*)", panel, re.MULTILINE)
        for panel in panels
    }
    assert {panel: names for panel, names in shown.items() if panel != "Options"} == {
        panel: list(entries) for panel, entries in PANELS.items()
    }


def test_version_prints_the_version() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert result.exit_code == 0
    assert re.fullmatch(r"overheard \d+\.\d+\.\d+\n", result.stdout)


def test_unknown_command_is_refused_with_a_suggestion() -> None:
    result = CliRunner().invoke(cli, ["poeple"])
    assert result.exit_code == 2
    assert "Did you mean 'people'?" in result.stderr


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("overheard pod", {"podcasts", "podping"}),
        ("overheard queues re", {"resume", "rebuild"}),
        ("overheard jobs list --sta", {"--state"}),
    ],
)
def test_completion_completes_commands_and_options(typed: str, completed: set[str]) -> None:
    environment = {
        "_OVERHEARD_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    result = CliRunner().invoke(cli, [], env=environment, prog_name="overheard")
    assert set(result.stdout.split()) == completed


def test_table_nouns_are_plural_and_verbs_are_lazy() -> None:
    assert all(isinstance(command, LazyCommand) for command in COMMANDS.values())
    nouns = {name for entries in PANELS.values() for name, entry in entries.items()
             if not isinstance(entry, Entry)}  # fmt: skip
    others = {"people", "health", "index", "read", "blog", "speech"}
    assert all(noun.endswith("s") or noun in others for noun in nouns)
