"""Generates a world with many appearances, in the database, with a search index.

``SPOKEN=/folder`` stores it there, for the next measurement of the same size.
"""

import itertools
import os
import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import data_folder, database_in
from benchmarks.invented import SYLLABLES, people
from models import get_settings
from models.database import engine, in_transaction
from models.database.sql import driver_connection
from tasks.counts.store.recount import recount
from tasks.counts.store.rollups import CONTRIBUTIONS
from tasks.search.index_directory import current
from tasks.search.indexer import rebuild_index
from tasks.speakers.store.attribution import check_attributions

SEGMENTS = 220  # of one episode, on average: as of the collected ones
VOCABULARY = 100_000
_FRAGMENTS = 150_000
_AT_ONCE = 500  # episodes whose segments are one statement
_CORES = 2

_PODCASTS = """
    INSERT INTO podcast (id, url_key, feed_url, title, description, author, type, language, state,
                         added_at)
    SELECT n, n::text, 'https://podcast-' || n || '.example/feed', 'Podcast ' || n, '', '', '',
           'en', 'active', now() FROM generate_series(1, :podcasts) n
"""
# The first podcast has a fifth of all episodes.
_EPISODES = """
    INSERT INTO episode (id, podcast_id, identity, title, description, author, type, audio_url,
                         first_seen_at, published_at, stats_date, content_hash)
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
_NAMES = """
    INSERT INTO person_name (key, scope, person_id, source)
    SELECT lower(name), 'global', id, 'label' FROM person ORDER BY id
"""
# Two hosts of the podcast, a guest, and a speaker without a label. Guests appear unequally often.
_SPEAKERS = """
    INSERT INTO speaker (id, episode_id, label, role, matched_person_id, person_id, source, method,
                         reason, version, confidence, evidence, appearances, status)
    SELECT 4 * e.id + v, e.id, coalesce('Label ' || p, ''), '', p, p, 'label', 'full_name',
           'full_name', 1, 0.95, '', 0, CASE WHEN p IS NULL THEN 'unknown' ELSE 'counted' END
    FROM episode e CROSS JOIN generate_series(0, 3) v CROSS JOIN LATERAL (
        SELECT CASE v WHEN 0 THEN 2 * e.podcast_id - 1 WHEN 1 THEN 2 * e.podcast_id
            WHEN 2 THEN 2 * :podcasts + 1
                + floor(:guests * power((e.id * 7907 % 10007) / 10007.0, 3))::bigint END AS p
    ) w
"""
# From 60 to 380 segments, each of two fragments of speech in a new combination.
_APPEARANCES = f"""
    INSERT INTO appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms,
                            end_ms, text)
    SELECT n.id, 4 * n.id + CASE WHEN n.n % 20 = 0 THEN 3 WHEN n.n % 5 < 2 THEN 0
                                 WHEN n.n % 5 = 2 THEN 1 ELSE 2 END,
           n.n, 0, n.n, n.n * 6000, n.n * 6000 + 5000, a.words || ' ' || b.words
    FROM (SELECT e.id, n, hashint8extended(e.id * 1000 + n, 1) AS h
          FROM episode e CROSS JOIN LATERAL generate_series(0, 59 + e.id * 7919 % 321) n
          WHERE e.id > :after AND e.id <= :until) n
    JOIN fragment a ON a.id = (n.h & 2147483647) % {_FRAGMENTS}
    JOIN fragment b ON b.id = (n.h >> 32 & 2147483647) % {_FRAGMENTS}
    ORDER BY n.id, n.n
"""  # noqa: S608  constants of ours
_FIGURES = (
    """UPDATE speaker s SET appearances = c.n, spoken_ms = c.ms, timed_characters = c.characters
    FROM (
        SELECT speaker_id, count(*) AS n, sum(end_ms - start_ms) AS ms,
               sum(length(text)) AS characters
        FROM appearance GROUP BY 1
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
# Their ids were given, not taken.
_SEQUENCES = ("podcast", "episode", "person", "speaker", "topic")


class Language(NamedTuple):
    """Made-up words with frequencies: the n-th word has frequency 1/n (Zipf)."""

    words: list[str]
    weights: list[float]

    def phrase(self, randomness: random.Random, most: int = 24) -> str:
        """A sequence of random words."""
        count = randomness.randint(most // 6, most)
        return " ".join(randomness.choices(self.words, cum_weights=self.weights, k=count))


def invented_language() -> Language:
    """The same at every run; words of one syllable are the most frequent, as in real languages."""
    randomness = random.Random(5)
    words: dict[str, None] = dict.fromkeys(SYLLABLES)
    while len(words) < VOCABULARY:
        words["".join(randomness.choices(SYLLABLES, k=randomness.randint(2, 6)))] = None
    weights = list(itertools.accumulate(1 / (place + 2.7) for place in range(VOCABULARY)))
    return Language(list(words), weights)


class World(NamedTuple):
    """A generated world: its size, and the folder of its search index."""

    episodes: int
    appearances: int
    search: Path


@contextmanager
def spoken_world(size: int) -> Iterator[World]:
    """A database with about so many appearances, used by models.database, not yet indexed."""
    folder_name = os.environ.get("SPOKEN")
    with (
        data_folder()
        if folder_name is None
        else _persistent_folder(Path(folder_name) / str(size)) as folder
    ):
        os.environ["OVERHEARD_SEARCH_INDEX"] = str(folder / "search")
        os.environ["OVERHEARD_API_RATE_PER_MINUTE"] = "1000000000"
        with database_in(folder / "data"):
            get_settings.cache_clear()
            episodes = size // SEGMENTS
            if not (folder / "made").exists():
                began = time.monotonic()
                make(episodes)
                print(f"made in {time.monotonic() - began:.0f} s", flush=True)
                (folder / "made").touch()
            yield World(episodes, _scalar("SELECT count(*) FROM appearance"), folder / "search")


@contextmanager
def _persistent_folder(folder: Path) -> Iterator[Path]:
    if folder.exists() and not (folder / "made").exists():
        shutil.rmtree(folder)  # it was broken off
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    yield folder


@contextmanager
def indexed(world: World) -> Iterator[None]:
    """The world with a search index, built if there is none."""
    if current(world.search) is None:
        rebuild_index(world.search)
    yield


def make(episodes: int) -> None:
    """Podcasts, episodes, people, speakers, segments, topics, and the counts of all of them."""
    podcasts = max(5, episodes // 80)
    guests = max(50, episodes // 3)
    names = people(2 * podcasts + guests + 1)
    params = {"podcasts": podcasts, "episodes": episodes, "guests": guests, "names": names}
    for query in (_PODCASTS, _EPISODES, _PEOPLE, _NAMES, _SPEAKERS):
        execute(query, **{name: value for name, value in params.items() if f":{name}" in query})
    in_transaction(_fragments)
    with ThreadPoolExecutor(_CORES) as pool:
        list(pool.map(_speak, range(0, episodes, _AT_ONCE), itertools.repeat(episodes)))
    execute("DROP TABLE fragment")
    for query in (*_FIGURES, *_TOPICS):
        execute(query)
    for table in _SEQUENCES:
        execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    assert in_transaction(recount, check_attributions).changed == 0


def _fragments(session: Session) -> None:
    """Fragments of speech, in a table that exists until all segments are generated."""
    language, randomness = invented_language(), random.Random(11)
    session.connection().execute(text("CREATE UNLOGGED TABLE fragment (id bigint, words text)"))
    with driver_connection(session).cursor() as cursor:
        with cursor.copy("COPY fragment FROM STDIN") as copy:
            for number in range(_FRAGMENTS):
                copy.write_row((number, language.phrase(randomness, 12)))
        cursor.execute("ANALYZE fragment")


def _speak(after: int, episodes: int) -> None:
    execute(_APPEARANCES, after=after, until=min(after + _AT_ONCE, episodes))


def execute(query: str, **params: Any) -> None:
    """Run a statement in a transaction of its own."""
    in_transaction(lambda session: session.connection().execute(text(query), params) and None)


def _scalar(query: str) -> int:
    return int(in_transaction(lambda s: s.connection().execute(text(query)).scalar_one()))
