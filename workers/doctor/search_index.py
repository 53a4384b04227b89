"""Check of the search index: whether its files are whole, where this machine has one."""

from collections.abc import Iterator
from pathlib import Path

from tasks.search.index_damage import find_damage, reported_damage
from tasks.search.index_directory import current
from workers.doctor.values import Finding, or_ok, problem

_ADVICE = (
    "the indexer rebuilds it within a minute: is it running? Otherwise `overheard index rebuild`; "
    "then check the disk"
)


def check_index(folder: Path) -> Iterator[Finding]:
    """Compare all files of the index with their checksums; nothing where there is no index."""
    generation = current(folder)
    if generation is not None:
        yield from or_ok("index", str(folder), "is intact", _damage(folder, generation))


def _damage(folder: Path, generation: Path) -> Iterator[Finding]:
    found = find_damage(generation) or reported_damage(folder)
    if found:
        yield problem("index", str(folder), f"is damaged: {found.strip()}", _ADVICE)
