"""Pages over 50 thousand to 5 million appearances: how long each takes, and plain SQL beside it.

``PAGES_APPEARANCES=50000,500000`` chooses the sizes; the default is 50,000, 500,000 and 5,000,000.
"""

import http.client
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import empty_database
from benchmarks.invented import people
from models.database import engine, in_transaction
from tasks.counts.recount import recount
from tasks.counts.store import CONTRIBUTIONS

SIZES = os.environ.get("PAGES_APPEARANCES", "50000,500000,5000000")
SEGMENTS = 600  # of one episode
REQUESTS = 60
STAR = 1  # a host of the largest podcast, which has a fifth of all episodes

_PODCASTS = """
    INSERT INTO podcast (id, url_key, feed_url, title, description, author, type, state, added_at)
    SELECT n, n::text, 'https://podcast-' || n || '.example/feed', 'Podcast ' || n, '', '', '',
           'active', now() FROM generate_series(1, :podcasts) n
"""
_EPISODES = """
    INSERT INTO episode (id, podcast_id, identity, title, description, author, type, audio_url,
                         first_seen_at, published_at, counted_on, content_hash)
    SELECT n, CASE WHEN n % 5 = 0 THEN 1 ELSE 1 + n % :podcasts END, n::text, 'Episode ' || n, '',
           '', '', 'https://audio.example/' || n, now(), d, d::date, ''
    FROM (SELECT n, now() - make_interval(days => (n * 7919 % 2900)::int) AS d
          FROM generate_series(1, :episodes) n) e
"""
_PEOPLE = """
    INSERT INTO person (id, name, slug, state)
    SELECT n, name, 'person-' || n, 'active'
    FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS p (name, n)
"""
# Two hosts of the podcast, a guest, and speech under no name. Guests are many and unequal.
_SPEAKERS = """
    INSERT INTO speaker (id, episode_id, label, role, matched_id, person_id, source, method, reason,
                         version, confidence, evidence, appearances)
    SELECT 4 * e.id + v, e.id, coalesce('Label ' || p, ''), '', p, p, 'label', 'full_name',
           'full_name', 1, 0.95, '', 0
    FROM episode e CROSS JOIN generate_series(0, 3) v CROSS JOIN LATERAL (
        SELECT CASE v WHEN 0 THEN 2 * e.podcast_id - 1 WHEN 1 THEN 2 * e.podcast_id
            WHEN 2 THEN 2 * :podcasts + 1
                + floor(:guests * power((e.id * 7907 % 10007) / 10007.0, 3))::bigint END AS p
    ) w
"""
_APPEARANCES = """
    INSERT INTO appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms,
                            end_ms, text)
    SELECT e.id, 4 * e.id + CASE WHEN n % 20 = 0 THEN 3 WHEN n % 5 < 2 THEN 0 WHEN n % 5 = 2 THEN 1
                                 ELSE 2 END,
           n, 0, n, n * 6000, n * 6000 + 5000,
           'What is said here is said by somebody in segment ' || n || ', and it goes on: ' ||
           md5(e.id::text || n) || ' ' || md5(n::text || e.id)
    FROM episode e CROSS JOIN generate_series(0, :segments - 1) n ORDER BY e.id, n
"""
_FIGURES = (
    """UPDATE speaker s SET appearances = c.n, spoken_ms = c.ms FROM (
        SELECT speaker_id, count(*) AS n, sum(end_ms - start_ms) AS ms FROM appearance GROUP BY 1
    ) c WHERE c.speaker_id = s.id""",
    f"""INSERT INTO person_day (person_id, day, appearances, episodes, spoken_ms)
        SELECT person_id, day, sum(appearances), count(*), sum(spoken_ms) FROM
        ({CONTRIBUTIONS} GROUP BY 1, 2, 3, 4) c GROUP BY 1, 2""",  # noqa: S608
    f"""INSERT INTO person_podcast (person_id, podcast_id, appearances, episodes, spoken_ms)
        SELECT person_id, podcast_id, sum(appearances), count(*), sum(spoken_ms) FROM
        ({CONTRIBUTIONS} GROUP BY 1, 2, 3, 4) c GROUP BY 1, 2""",  # noqa: S608
    """UPDATE person p SET appearances = c.a, episodes = c.e, podcasts = c.n, spoken_ms = c.ms,
        first_on = (SELECT min(day) FROM person_day WHERE person_id = p.id),
        last_on = (SELECT max(day) FROM person_day WHERE person_id = p.id)
        FROM (SELECT person_id, sum(appearances) AS a, sum(episodes) AS e, count(*) AS n,
                     sum(spoken_ms) AS ms FROM person_podcast GROUP BY 1) c
        WHERE c.person_id = p.id""",
)
_TOPICS = (
    """INSERT INTO topic (id, slug, name) SELECT n, 'topic-' || n, 'Topic ' || n
       FROM generate_series(1, 400) n""",
    """INSERT INTO episode_topic (topic_id, episode_id)
       SELECT DISTINCT t, id FROM episode e, LATERAL unnest(ARRAY[1 + podcast_id % 12,
           13 + id % 387, 13 + id * 31 % 387, 13 + id * 17 % 387]) t""",
)
_PLAIN = {
    "a person's timeline": """
        SELECT date_trunc('month', e.counted_on), count(*) FROM appearance a
        JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
        WHERE s.person_id = :star GROUP BY 1""",
    "a person's newest 40": """
        SELECT a.*, e.title FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        JOIN episode e ON e.id = a.episode_id WHERE s.person_id = :star
        ORDER BY e.counted_on DESC, e.id DESC, a.position LIMIT 40""",
    "people of 365 days": """
        SELECT s.person_id, count(*) FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        JOIN episode e ON e.id = a.episode_id WHERE e.counted_on > current_date - 365
        GROUP BY 1 ORDER BY 2 DESC LIMIT 50""",
}


def run() -> None:
    """For each size: make the world, prove its figures, ask for every page."""
    for size in (int(one) for one in SIZES.split(",")):
        episodes = size // SEGMENTS
        with empty_database(), _pages() as ask:
            began = time.monotonic()
            _make(episodes)
            made = time.monotonic() - began
            assert in_transaction(recount).changed == 0
            print(f"\n{size:,} appearances in {episodes:,} episodes, made in {made:.0f} s")
            _measure(ask, _addresses(episodes))
            _compare()


def _make(episodes: int) -> None:
    def speak() -> None:
        asked = {"segments": SEGMENTS}
        in_transaction(lambda session: session.connection().execute(text(_APPEARANCES), asked))

    make_around(episodes, speak)


def make_around(episodes: int, speak: Callable[[], None]) -> None:
    """Podcasts, episodes, people and voices; ``speak`` adds the segments, which are counted."""
    podcasts = max(5, episodes // 80)
    guests = max(50, episodes // 3)
    names = people(2 * podcasts + guests + 1)
    asked = {"podcasts": podcasts, "episodes": episodes, "guests": guests, "names": names}

    def statement(query: str) -> None:
        used = {name: value for name, value in asked.items() if f":{name}" in query}
        in_transaction(lambda session: session.connection().execute(text(query), used))

    for query in (_PODCASTS, _EPISODES, _PEOPLE, _SPEAKERS):
        statement(query)
    speak()
    for query in (*_FIGURES, *_TOPICS):
        statement(query)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _addresses(episodes: int) -> Mapping[str, Sequence[str]]:
    """Pages by kind; of people those heard most and others at random."""

    def slugs(session: Session) -> list[str]:
        query = "SELECT slug FROM person WHERE appearances > 0 ORDER BY appearances DESC"
        return list(session.connection().execute(text(query)).scalars())

    everybody = in_transaction(slugs)
    randomness = random.Random(3)
    some = [*everybody[:10], *randomness.choices(everybody, k=REQUESTS - 10)]
    star = f"/people/{everybody[0]}"
    kinds = {
        f"charts, {of}, {days}": [f"/charts?of={of}&days={days}"]
        for of in ("people", "podcasts", "topics")
        for days in ("7", "30", "365", "all")
    }
    return {
        "person": [f"/people/{slug}" for slug in some],
        "person heard most": [star],
        "the same, one year": [f"{star}?year=2024"],
        "the same, by a rare word": [f"{star}?q=zzzz"],
        "person's feed": [f"/people/{slug}/feed.atom" for slug in some],
        "home": ["/"],
        "people": ["/people", "/people?sort=new", "/people?letter=p"],
        "podcasts": ["/podcasts", "/podcasts?sort=appearances"],
        "podcast": [f"/podcasts/{randomness.randint(2, 5)}" for _ in range(5)],
        "podcast, the largest": ["/podcasts/1"],
        "episode": [f"/episodes/{randomness.randint(1, episodes)}" for _ in range(10)],
        "topics": ["/topics"],
        "topic": [f"/topics/topic-{randomness.randint(1, 400)}" for _ in range(10)],
        "topic, the largest": ["/topics/topic-2"],
        "charts, trending": ["/charts?of=trending"],
    } | kinds


def _measure(ask: Callable[[str], int], kinds: Mapping[str, Sequence[str]]) -> None:
    print(f"{'page':<28} {'p50':>7} {'p95':>7} {'most':>7}   ms, one client, in turn")
    for name, addresses in kinds.items():
        ask(addresses[0])
        times = []
        for number in range(REQUESTS if len(addresses) > 1 else 20):
            began = time.perf_counter()
            ask(addresses[number % len(addresses)])
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95) - 1]
        print(f"{name:<28} {p50:>7.1f} {p95:>7.1f} {times[-1]:>7.1f}", flush=True)


def _compare() -> None:
    """The same by the plainest SQL, over the rows themselves."""

    def star(session: Session) -> Any:
        query = "SELECT id FROM person ORDER BY appearances DESC LIMIT 1"
        return session.connection().execute(text(query)).scalar_one()

    who = in_transaction(star)
    for name, query in _PLAIN.items():
        asked = {"star": who} if ":star" in query else {}
        times = []
        for _ in range(3):
            began = time.perf_counter()
            in_transaction(lambda s, q=query, a=asked: s.connection().execute(text(q), a).all())
            times.append((time.perf_counter() - began) * 1000)
        print(f"plain SQL: {name:<28} {min(times):>9.1f} ms")


@contextmanager
def _pages() -> Iterator[Callable[[str], int]]:
    """A web process over the database of the settings, and how to ask it for a page."""
    command = [sys.executable, "-m", "workers.cli", "web"]
    environment = os.environ | {"OVERHEARD_WEB_PORT": "0", "OVERHEARD_LOG_LEVEL": "info",
                                "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0"}  # fmt: skip
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = None
    while not found:
        line = process.stderr.readline()
        assert line, "the web process ended"
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=120)

    def ask(address: str) -> int:
        connection.request("GET", address)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (address, answer.status)
        return len(body)

    try:
        yield ask
    finally:
        connection.close()
        process.terminate()
        process.wait(timeout=30)
        drain.wait(timeout=30)
