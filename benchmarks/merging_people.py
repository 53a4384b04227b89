"""Merges two people with 200,000 appearances each, alone and while transcripts are stored."""

import threading
import time

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import empty_database, make_episodes
from benchmarks.invented import episodes
from benchmarks.sizes import size
from models.database import database_time, in_transaction
from tasks.counts.store.recount import recount
from tasks.identity import decisions
from tasks.ingest.count_appearances import count_appearances
from tasks.speakers.store.attribution import check_attributions
from tasks.transcripts.store import lock_episode
from tasks.transcripts.values import Segment

# As a daily show has it: a segment for each sentence, a host in all of them.
EPISODES, SEGMENTS = size(1_000, 50), 200
OTHERS = size(200, 40)

_SPEAKERS = text("""
    INSERT INTO speaker (episode_id, label, role, source, method, reason, version, confidence,
                         evidence, appearances, spoken_ms, matched_person_id, person_id, status,
                         label_key)
    SELECT n, p.name, '', 'label', 'full_name', 'full_name', 1, 1, '', CAST(:segments AS int),
           CAST(:segments AS int) * 4000, p.id, p.id, 'counted', p.slug
    FROM person p CROSS JOIN generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
    WHERE p.id = :id
""")
_PERSON = text("""
    INSERT INTO person (name, slug, state)
    VALUES (CAST(:label AS text), lower(CAST(:label AS text)), 'active') RETURNING id
""")
_SEGMENTS = text("""
    INSERT INTO appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms,
                            end_ms, text)
    SELECT s.episode_id, s.id, s.id * 1000 + n, 0, n, n * 4000, n * 4000 + 4000, 'some words'
    FROM speaker s CROSS JOIN generate_series(1, s.appearances) AS n
""")


def run() -> None:
    """Print the time of a merge and its undo, and of concurrent stores."""
    with empty_database():
        make_episodes(2 * EPISODES + OTHERS)
        one = in_transaction(_speak, "Ann", 1, EPISODES)
        other = in_transaction(_speak, "Anne", EPISODES + 1, 2 * EPISODES)
        in_transaction(lambda session: session.connection().execute(_SEGMENTS))
        in_transaction(recount, check_attributions, fix=True)
        alone = _stores(threading.Event(), 40)
        stop = threading.Event()
        meanwhile: list[float] = []
        storing = threading.Thread(target=lambda: meanwhile.extend(_stores(stop, OTHERS)))
        storing.start()
        took = []
        for _ in range(5):
            decision, spent = _timed("merge", person_id=other, target_person_id=one)
            _, undone = _timed("undo", decision_id=decision)
            took.append((spent, undone))
        stop.set()
        storing.join()
        assert in_transaction(recount, check_attributions).changed == 0
    merges, undos = (sorted(each) for each in zip(*took, strict=True))
    print(f"two people with {EPISODES * SEGMENTS:,} appearances in {EPISODES:,} episodes each")
    print(f"merge  median {merges[2]:.3f} s, slowest {merges[-1]:.3f} s")
    print(f"undo   median {undos[2]:.3f} s, slowest {undos[-1]:.3f} s")
    print(f"a store of others: slowest {max(alone):.3f} s alone, {max(meanwhile):.3f} s meanwhile")


def _speak(session: Session, label: str, first: int, last: int) -> int:
    person = int(session.connection().execute(_PERSON, {"label": label}).scalar_one())
    params = {"first": first, "last": last, "id": person, "segments": SEGMENTS}
    session.connection().execute(_SPEAKERS, params)
    return person


def _timed(kind: str, **fields: object) -> tuple[int, float]:
    started = time.perf_counter()
    decision = in_transaction(
        lambda session: decisions.decide(
            session, kind, "bench", "", now=database_time(session), **fields
        )
    )
    return decision.id, time.perf_counter() - started


def _stores(stop: threading.Event, count: int) -> list[float]:
    """Store episodes of other people until the event is set; the time of each store."""
    took = []
    transcripts = episodes(count, SEGMENTS)
    for number, segments in enumerate(transcripts, 2 * EPISODES + 1):
        if stop.is_set():
            break
        started = time.perf_counter()
        in_transaction(_store, number, segments)
        took.append(time.perf_counter() - started)
    return took


def _store(session: Session, episode_id: int, segments: list[Segment]) -> None:
    lock_episode(session, episode_id)
    count_appearances(session, episode_id, segments)


if __name__ == "__main__":
    run()
