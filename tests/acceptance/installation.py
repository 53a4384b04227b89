"""An installation for a test: its data, its servers, and its commands as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from sqlalchemy import make_url

from workers.local.embedded import ServerUrls

COMMAND_SECONDS = 900


@dataclass(frozen=True)
class Installation:
    """A data directory with running servers, and the settings of its commands."""

    data: Path
    urls: ServerUrls
    settings: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        """A command line for the Python that runs the tests."""
        return [sys.executable, "-m", "workers.cli", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The environment without other settings of Overheard."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
        beat_file = {"OVERHEARD_BEAT_FILE": str(self.data / "beat")}
        return inherited | beat_file | {"OVERHEARD_DATA": str(self.data)} | dict(self.settings)

    def overheard(self, *arguments: str) -> str:
        """Run a command to its end; its output.

        Raises:
            AssertionError: it failed; with its output.
        """
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def read_json(self, *arguments: str) -> Any:
        """The JSON output of a command."""
        return json.loads(self.overheard(*arguments, "--json"))

    def connect(self) -> "psycopg.Connection[DictRow]":
        """A connection to the database in autocommit mode."""
        url = make_url(self.urls.database_url).set(drivername="postgresql")
        plain = url.render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, row_factory=dict_row)

    def query(self, sql: str, **params: Any) -> list[DictRow]:
        """The rows of a query."""
        with self.connect() as connection:
            return connection.execute(sql, params).fetchall()
