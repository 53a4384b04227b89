"""Search over 50 thousand to 5 million segments, compared with PostgreSQL's full-text search.

``SEARCH_SEGMENTS=50000,500000`` sets the sizes; the default is 50,000, 500,000 and 5,000,000.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.sizes import sizes_from
from benchmarks.spoken import SEGMENTS, VOCABULARY, Language, invented_language, spoken_world
from models.database import engine, in_transaction
from tasks.ingest.count_appearances import count_appearances
from tasks.search.find import SearchRequest, search
from tasks.search.indexer import rebuild_index
from tasks.search.values import Order
from tasks.transcripts.store import lock_episode
from tasks.transcripts.values import Segment
from web.read_transaction import snapshot
from workers.local.index_folder import search_folder

SIZES = sizes_from("SEARCH_SEGMENTS", "50000,500000,5000000", "20000")
QUERIES, PLAIN_QUERIES = 40, 8
# ruff: noqa: S608 - statements are put together of our own words

_PLAIN_INDEX = "CREATE INDEX plain ON appearance USING gin (to_tsvector('english', text))"
_PLAIN_MATCH = "to_tsvector('english', a.text) @@ websearch_to_tsquery('english', :q)"
_PLAIN = {
    Order.date: f"""
        SELECT a.id, ts_headline('english', a.text, websearch_to_tsquery('english', :q))
        FROM (SELECT a.* FROM appearance a JOIN episode e ON e.id = a.episode_id
              WHERE {_PLAIN_MATCH} ORDER BY e.stats_date DESC, e.id DESC, a.position LIMIT 20) a""",
    Order.relevance: f"""
        SELECT a.id, ts_headline('english', a.text, websearch_to_tsquery('english', :q))
        FROM (SELECT a.* FROM appearance a WHERE {_PLAIN_MATCH} ORDER BY ts_rank(
              to_tsvector('english', a.text), websearch_to_tsquery('english', :q)) DESC
              LIMIT 20) a""",
}
_PLAIN_TOTAL = f"SELECT count(*) FROM appearance a WHERE {_PLAIN_MATCH}"


def run() -> None:
    """For each size: generate the world, index it, search, compare."""
    language = invented_language()
    for size in SIZES:
        with spoken_world(size) as world:
            print(f"\n{world.appearances:,} segments in {world.episodes:,} episodes")
            _build(world.search, world.appearances)
            _ask(language)
            _compare(language)
            if size <= 500_000:
                _store_with_and_without(world.search, language, world.episodes)


def _build(root: Path, size: int) -> None:
    began = time.perf_counter()
    rebuild_index(root)
    took = time.perf_counter() - began
    megabytes = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) / 1e6
    print(f"index built in {took:.1f} s, {size / took:,.0f} segments/s, {megabytes:,.0f} MB")


def _questions(language: Language) -> dict[str, list[str]]:
    """Words by frequency, and phrases of words that follow each other by chance."""
    words, count = language.words, range(QUERIES)
    return {
        "rare words": [words[VOCABULARY // 2 + n * 997 % (VOCABULARY // 2)] for n in count],
        "common words": [words[20 + n * 5] for n in count],
        "the most common words": words[:10],
        "phrases": [f'"{words[n]} {words[30 + 7 * n]}"' for n in count],
        "words begun": [f"{words[2000 + n * 31]}*" for n in count],
        "groups": [
            f"({words[5 + n]} OR {words[900 + n]}) {words[60 + n]} -{words[n]}" for n in count
        ],
    }


def _ask(language: Language) -> None:
    print(f"{'search with total, marks, neighbours':<40} {'p50':>7} {'p95':>7} {'most':>7}  ms")
    for kind, questions in _questions(language).items():
        for order in Order:
            for counts in (False, True):
                case = f"{kind}, by {order}{', with counts' if counts else ''}"
                _show(case, [_timed(_search, q, order, counts) for q in questions])


def _search(question: str, order: Order, counts: bool) -> None:
    with snapshot() as session:
        search(session, SearchRequest(question, order=order), search_folder(), counts=counts)


def _timed(work: Callable[..., Any], *given: Any) -> float:
    began = time.perf_counter()
    work(*given)
    return (time.perf_counter() - began) * 1000


def _show(name: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[max(0, int(len(ordered) * 0.95) - 1)]
    print(
        f"{name:<40} {ordered[len(ordered) // 2]:>7.1f} {p95:>7.1f} {ordered[-1]:>7.1f}", flush=True
    )


def _compare(language: Language) -> None:
    """The same by PostgreSQL's full-text search with its own index; fewer queries: it is slow."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        began = time.perf_counter()
        connection.execute(text(_PLAIN_INDEX))
        print(f"PostgreSQL's own index built in {time.perf_counter() - began:.1f} s")
        connection.execute(text("ANALYZE appearance"))
        for kind in ("rare words", "common words", "phrases"):
            for order in Order:
                queries = _questions(language)[kind][:PLAIN_QUERIES]
                times = [_timed(_plain, connection, order, question) for question in queries]
                _show(f"PostgreSQL: {kind}, by {order}", times)
        connection.execute(text("DROP INDEX plain"))


def _plain(connection: Any, order: Order, question: str) -> None:
    connection.execute(text(_PLAIN[order]), {"q": question}).all()
    connection.execute(text(_PLAIN_TOTAL), {"q": question}).scalar_one()


def _store_with_and_without(root: Path, language: Language, episodes: int) -> None:
    """Store transcripts again, with and without the indexer running."""
    rates = {}
    count = min(100, episodes // 2)
    for name, first in (("off", 1), ("on", 1 + count)):
        randomness = random.Random(first)
        spoken = [
            [
                Segment(f"Label {n % 4}", language.phrase(randomness), n * 6000, n * 6000 + 5000)
                for n in range(SEGMENTS)
            ]
            for _ in range(count)
        ]
        with _keeper(root) if name == "on" else _nothing():
            began = time.perf_counter()
            for episode, segments in enumerate(spoken, first):
                in_transaction(_store, episode, segments)
            rates[name] = count * SEGMENTS / (time.perf_counter() - began)
    print(
        f"storing with the index off {rates['off']:,.0f} rows/s, on {rates['on']:,.0f} rows/s, "
        f"ratio {rates['on'] / rates['off']:.2f}"
    )


def _store(session: Session, episode_id: int, segments: list[Segment]) -> None:
    lock_episode(session, episode_id)
    count_appearances(session, episode_id, segments)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _keeper(root: Path) -> Iterator[None]:
    """An indexer process, once it has started."""
    env = os.environ | {"OVERHEARD_LOG_FORMAT": "keyvalue"}
    command = [sys.executable, "-m", "workers.cli", "indexer"]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "indexer_started" not in process.stderr.readline():
        assert process.poll() is None, root
    drain = threading.Thread(target=process.stderr.read)
    drain.start()
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
        drain.join()


if __name__ == "__main__":
    run()
