"""Checks that a client following cursors sees every appearance exactly once during ingest.

Over HTTP, in a world of 5,000,000 appearances: those of the person with the fewest above 100,000,
and all. ``PAGING_APPEARANCES`` and ``PAGING_LEAST`` select another world and person.
"""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.asking import asking
from benchmarks.sizes import size_from
from benchmarks.spoken import spoken_world
from models.database import in_transaction
from tasks.ingest.count_appearances import count_appearances
from tasks.transcripts.store import lock_episode
from tasks.transcripts.values import Segment
from web.api.cursors import cursor

SIZE = size_from("PAGING_APPEARANCES", 5_000_000, 20_000)
LEAST = size_from("PAGING_LEAST", 100_000, 500)
_SPOKEN = 20  # segments of an episode that arrives

_WHO = """
    SELECT slug, name FROM person WHERE appearances >= :least ORDER BY appearances, id LIMIT 1
"""
_THEIRS = """
    SELECT a.id FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    JOIN person p ON p.id = s.person_id WHERE p.slug = :slug
"""
_NEWEST = "SELECT id FROM appearance ORDER BY id DESC LIMIT :least"
_EPISODE = """
    INSERT INTO episode (podcast_id, identity, title, description, author, type, first_seen_at,
                         published_at, stats_date, content_hash)
    SELECT id, gen_random_uuid()::text, 'Arrived', '', '', '', now(), CAST(:day AS date),
           CAST(:day AS date), '' FROM podcast ORDER BY id OFFSET :place LIMIT 1 RETURNING id
"""


def run() -> None:
    """Follow both lists to their end while transcripts are stored, and compare with SQL."""
    with spoken_world(SIZE), asking() as connect:
        slug, name = in_transaction(lambda s: _rows(s, _WHO, least=LEAST)[0])
        theirs = {row.id for row in in_transaction(_rows, _THEIRS, slug=slug)}
        newest = {row.id for row in in_transaction(_rows, _NEWEST, least=LEAST)}
        _follow(connect(), f"/api/v1/people/{slug}/appearances", "", theirs, name)
        after = _cursor_before(min(newest))
        _follow(connect(), "/api/v1/appearances", after, newest, name)


def _follow(
    connection: http.client.HTTPConnection, path: str, begin: str, there: set[int], name: str
) -> None:
    began = time.perf_counter()
    with _arriving(name) as arrived:
        seen = Counter(itertools.chain.from_iterable(_pages(connection, path, begin, there)))
    spent = time.perf_counter() - began
    missed, twice = there - seen.keys(), [one for one, times in seen.items() if times > 1]
    assert not missed, f"{len(missed)} were missed"
    assert not twice, f"{len(twice)} came twice"
    print(
        f"{path}: {len(there):,} that were there came once each in {spent:.0f} s, "
        f"and {len(seen.keys() - there):,} of {arrived[0]:,} that arrived meanwhile"
    )


def _pages(
    connection: http.client.HTTPConnection, path: str, at: str, there: set[int]
) -> Iterator[list[int]]:
    """The ids of all pages, to the end, or until all that existed before have come."""
    left = set(there)
    while left or "people" in path:
        more = f"&cursor={at}" if at else ""
        connection.request("GET", f"{path}?limit=500{more}")
        answer = connection.getresponse()
        page: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, page
        ids = [item["id"] for item in page["items"]]
        left -= set(ids)
        yield ids
        if page["next"] is None:
            return
        at = page["next"]


def _cursor_before(appearance_id: int) -> str:
    """The cursor with which a list by id starts at this id."""
    return cursor("appearances", appearance_id - 1)


@contextmanager
def _arriving(name: str) -> Iterator[list[int]]:
    """Store new episodes of random days in which this person speaks; the number of segments."""
    ended, arrived = threading.Event(), [0]

    def store() -> None:
        randomness = random.Random(1)
        while not ended.is_set():
            day = datetime.now(UTC).date() - timedelta(days=randomness.randint(0, 3000))
            in_transaction(_store, name, day, randomness.randint(0, 4))
            arrived[0] += _SPOKEN

    thread = threading.Thread(target=store)
    thread.start()
    try:
        yield arrived
    finally:
        ended.set()
        thread.join()


def _store(session: Session, name: str, day: date, place: int) -> None:
    (episode,) = _rows(session, _EPISODE, day=day, place=place)
    assert lock_episode(session, episode.id)
    segments = [Segment(name, f"Words {n}", n * 6000, n * 6000 + 5000) for n in range(_SPOKEN)]
    count_appearances(session, episode.id, segments)


def _rows(session: Session, query: str, **params: Any) -> list[Any]:
    return list(session.connection().execute(text(query), params))


if __name__ == "__main__":
    run()
