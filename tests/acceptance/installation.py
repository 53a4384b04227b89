"""One Overheard of a test's own: its data, its servers, its commands as real processes."""

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

COMMAND_SECONDS = 240


@dataclass(frozen=True)
class Installation:
    """A data directory whose servers run, and what a command there has in its environment."""

    data: Path
    urls: ServerUrls
    settings: Mapping[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        """The words of a command, to be run by the Python that runs the tests."""
        return [sys.executable, "-m", "workers.cli", *words]

    @property
    def environment(self) -> dict[str, str]:
        """The environment without anybody else's settings of Overheard."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
        beat_file = {"OVERHEARD_BEAT_FILE": str(self.data / "beat")}
        return inherited | beat_file | {"OVERHEARD_DATA": str(self.data)} | dict(self.settings)

    def overheard(self, *words: str) -> str:
        """Run a command to its end; what it printed.

        Raises:
            AssertionError: it failed, with all that it said.
        """
        done = subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def told(self, *words: str) -> Any:
        """What a reading command says to programs."""
        return json.loads(self.overheard(*words, "--json"))

    def connect(self) -> "psycopg.Connection[DictRow]":
        """A connection to the database, each statement seeing what is committed."""
        url = make_url(self.urls.database_url).set(drivername="postgresql")
        plain = url.render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, row_factory=dict_row)

    def ask(self, query: str, **asked: Any) -> list[DictRow]:
        """The rows of a query."""
        with self.connect() as connection:
            return connection.execute(query, asked).fetchall()
