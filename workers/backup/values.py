"""What a backup file says of itself, and why one is refused."""

import json
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"


class BackupRefused(RuntimeError):
    """A backup cannot be made or restored; nothing was written to the database."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table in a backup, as PostgreSQL's COPY in text format writes them.

    ``digest`` is the SHA-256 of that text, in the order of the primary key.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Version of the schema and of the program, settings without secrets, tables, sequences."""

    format: int
    version: str
    revision: str
    made_at: str
    settings: dict[str, str]
    tables: tuple[TableRows, ...]
    sequences: dict[str, int]

    def to_json(self) -> bytes:
        """The manifest as it is stored in the file."""
        return json.dumps(asdict(self), indent=2).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Manifest":
        """Read a stored manifest.

        Raises:
            BackupRefused: it is of another format, or lacks something.
        """
        try:
            record: dict[str, Any] = json.loads(data)
            if record["format"] != FORMAT:
                raise BackupRefused(f"format {record['format']} of backups is unknown here")
            tables = tuple(
                TableRows(**(table | {"columns": tuple(table["columns"])}))
                for table in record["tables"]
            )
            return cls(**(record | {"tables": tables}))
        except (ValueError, TypeError, KeyError) as error:
            raise BackupRefused(f"damaged: its manifest cannot be read ({error})") from error
