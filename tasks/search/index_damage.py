"""Damage of the index: who reads it reports, and the indexer verifies and rebuilds."""

import json
import struct
import zlib
from contextlib import suppress
from pathlib import Path

from tasks.search.index_directory import REPORT, checkpoint_of, open_index
from tasks.search.index_searcher import IndexMissing, IndexSearcher

# The end of each file (tantivy, directory/footer.rs): JSON with a checksum, its length, a mark.
_END = struct.Struct("<II")
_MARK = 1337
_PIECE = 1 << 20


def reported_damage(root: Path) -> str | None:
    """Return what a reader reported of the current generation; None without a report."""
    with suppress(OSError):
        generation, _, message = (root / REPORT).read_text(errors="replace").partition("\n")
        if (root / "current").resolve().name == generation:
            return message
    return None


def withdraw_report(root: Path) -> None:
    """Forget a report, true or not: the indexer has verified it."""
    (root / REPORT).unlink(missing_ok=True)


def find_damage(generation: Path) -> str | None:
    """Return what is wrong with the files of an index; None if it can be read."""
    try:
        index = open_index(generation)
        checkpoint_of(IndexSearcher(index.searcher(), lambda _: None))
        for path in _files(generation):
            _verify(path)
    except (OSError, ValueError, KeyError, TypeError, struct.error, IndexMissing) as error:
        return f"{type(error).__name__}: {error}"
    return None


def _files(generation: Path) -> list[Path]:
    """Return the files of all committed segments that are there; opening missed none."""
    segments = json.loads((generation / "meta.json").read_text())["segments"]
    names = {segment["segment_id"].replace("-", "") for segment in segments}
    return [path for path in generation.iterdir() if path.name.partition(".")[0] in names]


def _verify(path: Path) -> None:
    """Compare a file with its checksum."""
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(size - _END.size)
        length, mark = _END.unpack(file.read(_END.size))
        content = size - _END.size - length
        if mark != _MARK or content < 0:
            raise ValueError(f"{path.name} has no footer")
        file.seek(content)
        expected = json.loads(file.read(length))["crc"]
        file.seek(0)
        crc = 0
        while content > 0 and (piece := file.read(min(_PIECE, content))):
            crc, content = zlib.crc32(piece, crc), content - len(piece)
    if crc != expected:
        raise ValueError(f"{path.name} differs from its checksum")
