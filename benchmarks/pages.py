"""Latency of pages and API endpoints for a world of any size, compared with the plainest SQL.

``PAGES_APPEARANCES=50000,500000`` sets the sizes; the default is 50,000, 500,000 and 5,000,000.
Each kind of page is requested while nothing changes, then with a change committed before each
request: of any episode, as during ingest, and of one that is on the page.
``PAGES_ONLY=person`` measures only the kinds with this word in their name.
"""

import http.client
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.asking import Times, asking, requests_per_second, timed
from benchmarks.sizes import size, sizes_from
from benchmarks.spoken import World, indexed, spoken_world
from models.database import in_transaction

SIZES = sizes_from("PAGES_APPEARANCES", "50000,500000,5000000", "20000")
ONLY = os.environ.get("PAGES_ONLY", "")
REQUESTS = size(60, 12)
_PLAIN_SECONDS = 2.0  # the plain query runs three times, unless it takes longer than that


class Kind(NamedTuple):
    """Pages of one kind, and a plain query for the same data of one of them."""

    name: str
    paths: Sequence[str]
    plain: str = ""
    params: Mapping[str, object] = {}


class Taken(NamedTuple):
    """The results for a kind; ``plain`` in milliseconds, None without a plain query."""

    name: str
    cached: Times
    after_commit: Times
    after_own_commit: Times
    plain: float | None


_OF_PERSON = """
    SELECT e.podcast_id, date_trunc('month', e.stats_date), count(*), count(DISTINCT e.id)
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
    WHERE s.person_id = :id GROUP BY 1, 2
"""
_OF_PODCAST = """
    SELECT s.person_id, count(*), count(DISTINCT e.id)
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
    WHERE e.podcast_id = :id GROUP BY 1 ORDER BY 2 DESC
"""
_OF_EPISODE = """
    SELECT a.*, s.label, p.name FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    LEFT JOIN person p ON p.id = s.person_id WHERE a.episode_id = :id ORDER BY a.position
"""
_OF_TOPIC = """
    SELECT e.podcast_id, date_trunc('month', e.stats_date), count(*), count(DISTINCT e.id)
    FROM episode_topic x JOIN episode e ON e.id = x.episode_id
    JOIN appearance a ON a.episode_id = e.id WHERE x.topic_id = :id GROUP BY 1, 2
"""
_EVERYBODY = """
    SELECT p.name, count(*), count(DISTINCT a.episode_id) FROM appearance a
    JOIN speaker s ON s.id = a.speaker_id JOIN person p ON p.id = s.person_id
    GROUP BY p.id ORDER BY 2 DESC LIMIT 50
"""
_TOPICS = """
    SELECT t.name, count(*), count(DISTINCT e.podcast_id) FROM topic t
    JOIN episode_topic x ON x.topic_id = t.id JOIN episode e ON e.id = x.episode_id
    GROUP BY t.id ORDER BY 2 DESC LIMIT 90
"""
_PODCASTS = """
    SELECT e.podcast_id, count(*), count(DISTINCT e.id) FROM appearance a
    JOIN episode e ON e.id = a.episode_id GROUP BY 1 ORDER BY 2 DESC LIMIT 48
"""
_CHART = """
    SELECT {key}, count(*) FILTER (WHERE e.stats_date > current_date - :days) AS now,
           count(*) FILTER (WHERE e.stats_date <= current_date - :days) AS before
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
    {more} WHERE e.stats_date > current_date - 2 * :days GROUP BY 1 ORDER BY 2 DESC LIMIT 50
"""
_KEYS = {
    "people": ("s.person_id", ""),
    "podcasts": ("e.podcast_id", ""),
    "topics": ("x.topic_id", "JOIN episode_topic x ON x.episode_id = e.id"),
}


def run() -> None:
    """For each size: generate the world, request every kind of page, then with many clients."""
    for appearances in SIZES:
        with spoken_world(appearances) as world, indexed(world), asking() as connect:
            print(f"\n{world.appearances:,} appearances in {world.episodes:,} episodes")
            print(
                f"{'p50 and p95 in ms':<28}{'cached':>17}{'commit elsewhere':>17}{'here':>17}"
                f"{'plain':>9}"
            )
            for kind in measure_pages(world, connect()):
                print(table_row(kind), flush=True)
            people = [f"/api/v1/people/person-{number}" for number in range(1, 51)]
            rate, times = requests_per_second(connect, people)
            load = os.getloadavg()[0]
            print(
                f"person API, 64 clients: {rate:,.0f} requests/s, p95 {times.p95:.0f} ms; "
                f"load {load:.1f}"
            )


def table_row(kind: Taken) -> str:
    """A line of the table: p50 and p95 of each, and plain SQL."""
    plain = f"{kind.plain:>9.1f}" if kind.plain is not None else ""
    measured = (kind.cached, kind.after_commit, kind.after_own_commit)
    return f"{kind.name:<28}" + "".join(f"{t.p50:>9.1f} {t.p95:>7.1f}" for t in measured) + plain


def kinds_of(world: World) -> list[Kind]:
    """All kinds of pages; of people those heard most and others at random."""
    slugs, most = in_transaction(_people)
    randomness = random.Random(3)
    some = [*slugs[:10], *randomness.choices(slugs, k=REQUESTS - 10)]
    star, api = f"/people/{slugs[0]}", "/api/v1/people"
    podcasts = [randomness.randint(2, max(5, world.episodes // 80)) for _ in range(20)]
    episodes = [randomness.randint(1, world.episodes) for _ in range(20)]
    topics = [randomness.randint(13, 400) for _ in range(20)]
    return [
        Kind("person", [f"/people/{slug}" for slug in some]),
        Kind("person heard most", [star], _OF_PERSON, {"id": most}),
        Kind("the same, of one year", [f"{star}?year=2024"]),
        Kind("the same, by a rare word", [f"{star}?q=zzzz"]),
        Kind("person, API", [f"{api}/{slug}" for slug in some]),
        Kind("person heard most, API", [f"{api}/{slugs[0]}"], _OF_PERSON, {"id": most}),
        Kind("timeline, API", [f"{api}/{slug}/timeline" for slug in some]),
        Kind("appearances, API", [f"{api}/{slug}/appearances" for slug in some]),
        Kind("first page", ["/"]),
        Kind("people", ["/people", "/people?sort=new", "/people?letter=p"], _EVERYBODY),
        Kind("podcasts", ["/podcasts", "/podcasts?sort=appearances"], _PODCASTS),
        Kind("podcast", [f"/podcasts/{one}" for one in podcasts], _OF_PODCAST, {"id": podcasts[0]}),
        Kind("podcast, the largest", ["/podcasts/1"], _OF_PODCAST, {"id": 1}),
        Kind("episode", [f"/episodes/{one}" for one in episodes], _OF_EPISODE, {"id": episodes[0]}),
        Kind("topics", ["/topics", "/topics?sort=name"], _TOPICS),
        Kind("topic", [f"/topics/topic-{one}" for one in topics], _OF_TOPIC, {"id": topics[0]}),
        Kind("topic, the largest", ["/topics/topic-2"], _OF_TOPIC, {"id": 2}),
        *_charts(),
        Kind("charts, trending", ["/charts?of=trending"]),
    ]


def _charts() -> Iterator[Kind]:
    for of, (key, more) in _KEYS.items():
        for days in ("7", "30", "365", "all"):
            params = {"days": 30_000 if days == "all" else int(days)}
            plain = _CHART.format(key=key, more=more)
            yield Kind(f"charts, {of}, {days}", [f"/charts?of={of}&days={days}"], plain, params)


def measure_pages(world: World, connection: http.client.HTTPConnection) -> Iterator[Taken]:
    """Request every kind of page in turn, with one client; the plain queries only once."""
    anywhere = random.Random(7)
    for kind in (kind for kind in kinds_of(world) if ONLY in kind.name):
        shown = {path: in_transaction(_episode_on, path) for path in set(kind.paths)}
        yield Taken(
            kind.name,
            timed(connection, kind.paths, REQUESTS),
            timed(
                connection,
                kind.paths,
                REQUESTS,
                lambda _: _touch(anywhere.randint(1, world.episodes)),
            ),
            timed(connection, kind.paths, REQUESTS, lambda path: _touch(shown[path])),  # noqa: B023
            plain_ms(kind.plain, kind.params),
        )


def plain_ms(query: str, params: Mapping[str, object]) -> float | None:
    """The fastest of up to three runs of a plain query, in milliseconds."""
    taken: list[float] = []
    while query and len(taken) < 3 and sum(taken) < _PLAIN_SECONDS * 1000:
        began = time.perf_counter()
        in_transaction(lambda session: session.connection().execute(text(query), params).all())
        taken.append((time.perf_counter() - began) * 1000)
    return min(taken, default=None)


_OF_PERSON_OF_SLUG = """
    SELECT s.episode_id FROM speaker s JOIN person p ON p.id = s.person_id
    WHERE p.slug = :slug ORDER BY 1 DESC LIMIT 1
"""
_OF_PODCAST_OF_ID = "SELECT max(id) FROM episode WHERE podcast_id = CAST(:slug AS bigint)"
_OF_TOPIC_OF_SLUG = """
    SELECT max(x.episode_id) FROM episode_topic x JOIN topic t ON t.id = x.topic_id
    WHERE t.slug = :slug
"""
_NEWEST = "SELECT id FROM episode ORDER BY stats_date DESC, id DESC LIMIT 1"
_SUBJECT = {
    "people": _OF_PERSON_OF_SLUG,
    "podcasts": _OF_PODCAST_OF_ID,
    "topics": _OF_TOPIC_OF_SLUG,
}


def _episode_on(session: Session, path: str) -> int:
    """An episode of the person, podcast or topic of a page, or the newest of all."""
    _, kind, subject, *_ = [*path.removeprefix("/api/v1").partition("?")[0].split("/"), "", ""]
    if subject and kind == "episodes":
        return int(subject)
    query, params = (_SUBJECT[kind], {"slug": subject}) if subject else (_NEWEST, {})
    found = session.connection().execute(text(query), params).scalar_one()
    return 1 if found is None else int(found)  # a topic of a small world may be about nothing


def _touch(episode_id: int) -> None:
    """Commit a change of an episode that leaves its values the same."""
    query = text("UPDATE episode SET title = title WHERE id = :id")
    in_transaction(lambda session: session.connection().execute(query, {"id": episode_id}) and None)


def _people(session: Session) -> tuple[list[str], int]:
    query = "SELECT slug, id FROM person WHERE appearances > 0 ORDER BY appearances DESC"
    found = session.connection().execute(text(query)).all()
    return [row.slug for row in found], int(found[0].id)
