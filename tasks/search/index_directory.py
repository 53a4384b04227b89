"""The folder of the index: its generations, which one is current, and how it is read."""

import json
import os
import shutil
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import tantivy

from models.queries.changes import ChangeCursor
from tasks.search.schema import PLACE, SCHEMA, SCHEMA_VERSION, register_tokenizers

_CURRENT = "current"


@dataclass(frozen=True, slots=True)
class IndexCheckpoint:
    """Up to where the changes are in an index, and of which history and schema it is."""

    cursor: ChangeCursor
    epoch: int
    schema: int = SCHEMA_VERSION

    def said(self) -> str:
        """As it is kept in the index."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, said: str) -> "IndexCheckpoint":
        """What ``said`` made."""
        kept = json.loads(said)
        return cls(ChangeCursor(**kept.pop("cursor")), **kept)


def current(root: Path) -> Path | None:
    """The generation that is searched, if any was ever finished."""
    with suppress(OSError):
        path = (root / _CURRENT).resolve(strict=True)
        if path.is_dir():
            return path
    return None


def new_generation(root: Path) -> Path:
    """An empty folder for the next generation."""
    root.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.name.partition("-")[2]) for path in _generations(root)]
    path = root / f"generation-{max(numbers, default=0) + 1}"
    path.mkdir()
    return path


def activate(root: Path, generation: Path) -> None:
    """Let a finished generation be searched from now on, and remove all others."""
    link = root / f"{_CURRENT}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(generation.name)
    link.replace(root / _CURRENT)
    for path in _generations(root):
        if path.name != generation.name:
            shutil.rmtree(path, ignore_errors=True)


def _generations(root: Path) -> list[Path]:
    return [path for path in root.glob("generation-*") if path.is_dir()]


def open_index(generation: Path) -> tantivy.Index:
    """The index in a folder, made if there is none.

    Raises:
        ValueError: it cannot be read, or is of another schema.
    """
    index = tantivy.Index(SCHEMA, path=str(generation))
    register_tokenizers(index)
    return index


def checkpoint_of(searcher: tantivy.Searcher) -> IndexCheckpoint | None:
    """Up to where a state of an index has come; None when nothing was put into it."""
    query = tantivy.Query.term_query(SCHEMA, "note", PLACE, index_option="basic")
    for _, address in searcher.search(query, limit=1).hits:
        return IndexCheckpoint.of(searcher.doc(address)["said"][0])
    return None


class IndexMissing(Exception):
    """There is no index that can be searched."""


class IndexReader:
    """The current generation, opened once for a process and looked at anew when it changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._index: tantivy.Index | None = None
        self._path: Path | None = None

    def searcher(self) -> tantivy.Searcher:
        """The newest committed state.

        Raises:
            IndexMissing: there is none, or it cannot be read.
        """
        with self._lock:
            try:
                return self._newest()
            except (OSError, ValueError) as error:
                self._index, self._seen = None, ()
                raise IndexMissing(str(error)) from error

    def _newest(self) -> tantivy.Searcher:
        path = current(self._root)
        if path is None:
            raise IndexMissing("no index was built yet")
        meta = os.stat(path / "meta.json")  # noqa: PTH116  a path is made for each search as it is
        seen = (path, meta.st_ino, meta.st_mtime_ns)
        if self._index is None or path != self._path:
            self._index, self._path = open_index(path), path
        elif seen != self._seen:
            self._index.reload()
        self._seen = seen
        return self._index.searcher()


@lru_cache(maxsize=4)
def reader_of(root: Path) -> IndexReader:
    """The reader of a folder, one in each process."""
    return IndexReader(root)
