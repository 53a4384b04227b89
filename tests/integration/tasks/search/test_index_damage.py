"""Damage of the index: readers report it, checksums confirm it, and the indexer rebuilds."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.database import in_transaction
from tasks.search.index_damage import find_damage, reported_damage, withdraw_report
from tasks.search.index_directory import current, reader_of
from tasks.search.index_searcher import IndexMissing
from tasks.search.index_status import index_status
from tasks.search.indexer import rebuild_index, run_indexer
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order
from tests.factories import new_episode, spoken, store
from tests.integration.waiting import until_all_changes_are_shown
from workers.doctor.search_index import check_index

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]


@pytest.fixture
def index(tmp_path: Path, database: str) -> Path:
    """The folder of an index with something in it."""
    del database
    in_transaction(store, new_episode(), spoken("Ann Smith: hello there", "Bob Jones: well, hello"))
    until_all_changes_are_shown()
    rebuild_index(tmp_path)
    return tmp_path


def damage(index: Path, ending: str) -> None:
    """Change bytes in the middle of a file; its length and its last bytes stay."""
    generation = current(index)
    assert generation is not None
    (path,) = generation.glob(f"*.{ending}")
    body = bytearray(path.read_bytes())
    end = max(1, len(body) - 200)
    for place in random.Random(7).choices(range(end), k=end):  # noqa: S311
        body[place] ^= 0x5A
    with path.open("r+b") as file:  # never shorter: a process that has it mapped would be killed
        file.write(body)


def found(index: Path) -> int:
    searcher = Searcher(parse("hello"), Filters(), reader_of(index).searcher())
    return searcher.find(Order.date, limit=10).total


def until(happened: Callable[[], bool]) -> None:
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.1)
    raise TimeoutError("it does not happen")


@contextmanager
def indexing(index: Path) -> Iterator[None]:
    ended = threading.Event()
    thread = threading.Thread(target=run_indexer, args=(index, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_sound_index_has_no_damage(index: Path) -> None:
    generation = current(index)
    assert generation is not None
    assert found(index) == 2
    assert find_damage(generation) is None
    assert reported_damage(index) is None


@pytest.mark.parametrize("ending", ["store", "term", "idx", "pos", "fast", "fieldnorm"])
def test_damage_of_each_file_is_found_by_its_checksum(index: Path, ending: str) -> None:
    damage(index, ending)
    generation = current(index)
    assert generation is not None
    assert find_damage(generation)


@pytest.mark.parametrize(
    "harm",
    [
        lambda generation: next(generation.glob("*.pos")).unlink(),
        lambda generation: next(generation.glob("*.term")).write_bytes(b""),
        lambda generation: (generation / "meta.json").write_text("{"),
    ],
    ids=["missing", "empty", "unreadable"],
)
def test_reader_reports_what_it_cannot_read(index: Path, harm: Callable[[Path], object]) -> None:
    generation = current(index)
    assert generation is not None
    harm(generation)
    with pytest.raises(IndexMissing):
        in_transaction(index_status, index)
    assert reported_damage(index)
    withdraw_report(index)
    assert reported_damage(index) is None


def test_damaged_index_is_rebuilt_by_itself(index: Path) -> None:
    with indexing(index):
        before = current(index)
        assert before is not None
        next(before.glob("*.pos")).unlink()
        with pytest.raises(IndexMissing):
            in_transaction(index_status, index)
        until(lambda: current(index) not in {before, None} and reported_damage(index) is None)
        assert found(index) == 2


def test_doctor_names_a_damaged_index(index: Path) -> None:
    (finding,) = check_index(index)
    assert finding.state == "ok"
    damage(index, "store")
    (finding,) = check_index(index)
    assert (finding.state, finding.check) == ("problem", "index")
    assert "indexer" in finding.advice
    assert list(check_index(index / "nowhere")) == []


def test_false_report_is_withdrawn_without_a_rebuild(index: Path) -> None:
    with indexing(index):
        before = current(index)
        assert before is not None
        (index / "damaged").write_text(f"{before.name}\nnothing is wrong\n")
        until(lambda: reported_damage(index) is None)
        assert current(index) == before
