"""A full re-ingest from the stage `parse`, compared with first storing; recount; memory.

`APPEARANCES=1000000 python -m benchmarks reingest`; the default is a tenth of that.
"""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import empty_database, make_episodes
from benchmarks.invented import episode, people
from benchmarks.sizes import size_from
from models import Stage
from models.database import database_time, engine, in_transaction
from tasks.counts.store.recount import recount
from tasks.http.values import body_hash
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.jobs.store import request_jobs
from tasks.raw.store import store_raw
from tasks.reingest.request import request_reingest
from tasks.reingest.values import ReingestScope
from tasks.speakers.reresolve import resolve_podcasts
from tasks.speakers.store.attribution import check_attributions
from tasks.transcripts.values import Segment

SEGMENTS, BATCH = 600, 20

# What a re-ingest of the same bytes must leave alone.
TABLES = (
    "podcast",
    "episode",
    "transcript",
    "speaker",
    "appearance",
    "raw",
    "person",
    "person_name",
    "person_day",
    "person_podcast",
)

_TRANSCRIPT = text("""
    INSERT INTO transcript (episode_id, url, type, source, is_listed, is_selected, body_hash,
                            parser_version, format)
    VALUES (:episode, 'https://bench.example/' || :episode, 'text/vtt', 'publisher', true, true,
            :hash, 0, 'webvtt')
""")
_WRITTEN = text("""
    SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
    FROM pg_stat_user_tables WHERE relname = ANY(:tables)
""")


def run() -> None:
    """Store everything by jobs, alternating with unchanged re-ingests; then re-ingest everything.

    Alternating, because the speed of a shared machine varies within minutes.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    count = size_from("APPEARANCES", 100_000, 12_000) // SEGMENTS
    with empty_database():
        make_episodes(count)
        _keep_transcripts(count)
        spent = _alternate(count)
        for case, seconds in zip(("first storing", "unchanged"), spent, strict=True):
            print(f"{case:<20} {count * SEGMENTS / seconds:>9,.0f} appearances/s", flush=True)
        print(f"unchanged is {spent[0] / spent[1]:.2f} times as fast")
        resolve_podcasts()  # what later episodes tell of earlier ones, as the service's tick does
        _do_all(count * SEGMENTS)
        started = time.perf_counter()
        changed = in_transaction(recount, check_attributions).changed
        print(f"recount: {changed} differences in {time.perf_counter() - started:.1f} s")


def _alternate(count: int) -> tuple[float, float]:
    """Seconds for storing all episodes for the first time, and for processing each batch again."""
    first = again = 0.0
    for start in range(1, count + 1, BATCH):
        episodes = range(start, min(start + BATCH, count + 1))
        first += _do(in_transaction(_ask, episodes))
        again += _do(in_transaction(_ask, episodes))
    return first, again


def _ask(session: Session, episodes: Sequence[int]) -> list[int]:
    now = database_time(session)
    return request_jobs(session, "parse", episodes, now, stage=Stage.parse, force=True)


def _do(jobs: Sequence[int]) -> float:
    """Run jobs as one worker process does; the seconds that it took."""
    started = time.perf_counter()
    for job in jobs:
        run_job(job, Message(f"message-{job}", "bench"), ingest_episode)
    return time.perf_counter() - started


def _do_all(rows: int) -> None:
    """Re-ingest everything; print the rows written and the memory used."""
    before, started = _writes(), time.perf_counter()
    receipt = in_transaction(request_reingest, ReingestScope(everything=True), Stage.parse)
    assert receipt is not None
    requested = time.perf_counter() - started
    tenth = len(receipt.job_ids) // 10 + 1
    seconds = _do(receipt.job_ids[:tenth])
    early = _resident()
    seconds += _do(receipt.job_ids[tenth:])
    print(
        f"full re-ingest: {len(receipt.job_ids):,} jobs requested in {requested:.2f} s and done at "
        f"{rows / seconds:,.0f} appearances/s; rows written to what we know: {_writes() - before}; "
        f"memory {early / 1000:.0f} MB after a tenth, {_resident() / 1000:.0f} MB at the end"
    )


def _keep_transcripts(count: int) -> None:
    """Raw bodies and their transcripts, as after fetching and before parsing."""
    names = people(2 + count // 4)
    for number in range(1, count + 1):
        body = _vtt(episode(number, SEGMENTS, names))
        in_transaction(_keep, number, body)


def _keep(session: Session, number: int, body: bytes) -> None:
    store_raw(session, body_hash(body), body)
    session.connection().execute(_TRANSCRIPT, {"episode": number, "hash": body_hash(body)})


def _vtt(segments: list[Segment]) -> bytes:
    cues = (
        f"{_clock(s.start_ms or 0)} --> {_clock(s.end_ms or 0)}\n<v {s.label}>{s.text}"
        for s in segments
    )
    return "\n\n".join(["WEBVTT", *cues]).encode()


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _writes() -> int:
    """Rows written so far to the data tables, as PostgreSQL counts them."""
    with engine().connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.commit()
        total: int = connection.execute(_WRITTEN, {"tables": list(TABLES)}).scalar_one()
        return total


def _resident() -> int:
    """The resident memory of this process, in kB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


if __name__ == "__main__":
    run()
