"""The indexer process: it indexes changes, survives kills, is replaced, and rebuilds."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.database import in_transaction
from models.queries.changes import begin_epoch
from models.queries.search import confirmed
from tasks.search.index_directory import current, reader_of
from tasks.search.index_searcher import IndexMissing
from tasks.search.index_status import index_status
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order
from tests.factories import new_episode, spoken, store

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.slow]

StartIndexer = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_indexer(tmp_path: Path, database: str) -> Iterator[StartIndexer]:
    """Return a function that starts indexers of one directory; kills them at the end."""
    started: list[subprocess.Popen[bytes]] = []
    env = os.environ | {
        "OVERHEARD_SEARCH_INDEX": str(tmp_path / "search"),
        "OVERHEARD_DATABASE_URL": database,
    }
    with (tmp_path / "log").open("wb") as log:

        def start() -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "workers.cli", "indexer"]
            started.append(subprocess.Popen(command, env=env, stdout=log, stderr=log))
            return started[-1]

        yield start
        for process in started:
            process.kill()
            process.wait()


def store_episode(*turns: str) -> int:
    episode = new_episode()
    in_transaction(store, episode, spoken(*turns))
    return episode


def total(root: Path, search: str) -> int:
    result = Searcher(parse(search), Filters(), reader_of(root).searcher())
    return result.find(Order.date, limit=1).total


def until_found(root: Path, search: str, count: int) -> None:
    """Wait until a search has this many matches."""
    for _ in range(1200):
        try:
            if total(root, search) == count:
                return
        except IndexMissing:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{search} is not found {count} times: {(root.parent / 'log').read_text()}")


def test_indexer_indexes_new_episodes_and_stops_on_sigterm(
    start_indexer: StartIndexer, tmp_path: Path
) -> None:
    store_episode("Ann Smith: before")
    process = start_indexer()
    until_found(tmp_path / "search", "before", 1)
    store_episode("Ann Smith: meanwhile")
    until_found(tmp_path / "search", "meanwhile", 1)
    assert in_transaction(index_status, tmp_path / "search").behind == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def test_indexer_continues_the_index_of_a_killed_one(
    start_indexer: StartIndexer, tmp_path: Path
) -> None:
    root = tmp_path / "search"
    episodes = [store_episode(f"Ann Smith: word number {number}") for number in range(30)]
    process = start_indexer()
    until_found(root, "word", 30)
    for number, episode in enumerate(episodes):
        in_transaction(store, episode, spoken(f"Ann Smith: other {number}", "Ann Smith: word"))
        if number % 10 == 9:
            process.kill()
            process.wait()
            assert total(root, "word") == 30  # every commit is atomic
            process = start_indexer()
    until_found(root, "other", 30)
    assert total(root, "number") == 0


def test_second_indexer_takes_over_when_the_first_is_killed(
    start_indexer: StartIndexer, tmp_path: Path
) -> None:
    first = start_indexer()
    store_episode("Ann Smith: one")
    until_found(tmp_path / "search", "one", 1)
    start_indexer()
    first.kill()
    store_episode("Ann Smith: two")
    until_found(tmp_path / "search", "two", 1)


def test_indexer_rebuilds_a_stale_or_corrupt_index(
    start_indexer: StartIndexer, tmp_path: Path
) -> None:
    root = tmp_path / "search"
    episode = store_episode("Ann Smith: one")
    process = start_indexer()
    until_found(root, "one", 1)
    before = current(root)
    in_transaction(begin_epoch)
    with pytest.raises(IndexMissing):
        in_transaction(index_status, root)
    store_episode("Ann Smith: two")
    until_found(root, "two", 1)
    assert current(root) != before
    process.kill()
    process.wait()
    present = current(root)
    assert present is not None
    (present / "meta.json").write_text("{")
    start_indexer()
    until_found(root, "one OR two", 2)
    assert in_transaction(confirmed, [0]) == []
    assert episode


def test_indexer_recreates_a_lost_index(start_indexer: StartIndexer, tmp_path: Path) -> None:
    root = tmp_path / "search"
    store_episode("Ann Smith: one")
    start_indexer()
    until_found(root, "one", 1)
    (root / "current").unlink()
    until_found(root, "one", 1)
