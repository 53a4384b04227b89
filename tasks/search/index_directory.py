"""The index directory: generations of the index, the current one, and its reader."""

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
from tasks.search.index_searcher import IndexMissing, IndexSearcher
from tasks.search.schema import CHECKPOINT, SCHEMA, SCHEMA_VERSION, register_tokenizers

_CURRENT = "current"
# What a reader wrote of a damaged generation: its name, and on the next line what was wrong.
REPORT = "damaged"


@dataclass(frozen=True, slots=True)
class IndexCheckpoint:
    """The last change that an index contains, with its change-log epoch and schema version."""

    cursor: ChangeCursor
    epoch: int
    schema: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """Serialize the checkpoint for the index."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "IndexCheckpoint":
        """Read what ``to_json`` wrote."""
        values = json.loads(text)
        return cls(ChangeCursor(**values.pop("cursor")), **values)


def current(root: Path) -> Path | None:
    """Return the directory of the current generation, if one was ever finished."""
    with suppress(OSError):
        path = (root / _CURRENT).resolve(strict=True)
        if path.is_dir():
            return path
    return None


def new_generation(root: Path) -> Path:
    """Create an empty directory for the next generation.

    Never the one that `current` names: if that was deleted, its link would lead readers to an
    unfinished index, which answers with too few results.
    """
    root.mkdir(parents=True, exist_ok=True)
    names = [path.name for path in _generations(root)]
    with suppress(OSError):
        names.append((root / _CURRENT).readlink().name)
    numbers = [int(name.partition("-")[2]) for name in names]
    path = root / f"generation-{max(numbers, default=0) + 1}"
    path.mkdir()
    return path


def activate(root: Path, generation: Path) -> None:
    """Make a finished generation the current one, and remove all others."""
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
    """Open the index in a directory; create it if there is none.

    Raises:
        ValueError: the index is corrupt, or has another schema.
    """
    index = tantivy.Index(SCHEMA, path=str(generation))
    register_tokenizers(index)
    return index


def checkpoint_of(searcher: IndexSearcher) -> IndexCheckpoint | None:
    """Return the checkpoint of a committed state; None when nothing was indexed yet."""
    query = tantivy.Query.term_query(SCHEMA, "note", CHECKPOINT, index_option="basic")
    for _, address in searcher.search(query, limit=1).hits:
        return IndexCheckpoint.from_json(searcher.doc(address)["checkpoint"][0])
    return None


class IndexReader:
    """Reads the current generation; opened once per process and reloaded when it changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._version: tuple[object, ...] = ()
        self._index: tantivy.Index | None = None
        self._path: Path | None = None

    def searcher(self) -> IndexSearcher:
        """Return a searcher on the newest committed state.

        Raises:
            IndexMissing: there is no index, or it is damaged, which is then reported.
        """
        with self._lock:
            try:
                return IndexSearcher(self._newest(), self._report)
            except (OSError, ValueError) as error:
                self._index, self._version = None, ()
                self._report(str(error))
                raise IndexMissing(str(error)) from error

    def _report(self, message: str) -> None:
        """Tell the indexer, which is another process, and runs where this folder is."""
        generation = current(self._root)
        if generation is not None and not (self._root / REPORT).exists():
            with suppress(OSError):
                (self._root / REPORT).write_text(f"{generation.name}\n{message[:500]}\n")

    def _newest(self) -> tantivy.Searcher:
        path = current(self._root)
        if path is None:
            raise IndexMissing("no index was built yet")
        meta = os.stat(path / "meta.json")  # noqa: PTH116  Path.stat is slower, for each search
        version = (path, meta.st_ino, meta.st_mtime_ns)
        if self._index is None or path != self._path:
            self._index, self._path = open_index(path), path
        elif version != self._version:
            self._index.reload()
        self._version = version
        return self._index.searcher()


@lru_cache(maxsize=4)
def reader_of(root: Path) -> IndexReader:
    """Return the process-wide reader of an index directory."""
    return IndexReader(root)
