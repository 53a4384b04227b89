"""Claims 1,000 due feeds among 10,000 and among 4,260,000, with the query plans."""

import time
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import empty_database
from benchmarks.sizes import size, size_from
from models.database import database_time, engine, in_transaction
from tasks.polling.store import claims as store
from tasks.polling.store.claims import claim_due_feeds

# 4.26 million is the whole Podcast Index. OVERHEARD_BENCH_FEEDS takes another figure.
SMALL, LARGE = size(10_000, 4_000), size_from("OVERHEARD_BENCH_FEEDS", 4_260_000, 20_000)
DUE, ROUNDS = size(1_000, 100), size(9, 2)
FEEDS_PER_HOST, HUGE_HOST_SHARE, HOSTS_DUE = 20, 0.2, 400

# Slim rows, without the checks that one statement for millions would make one by one; unlogged,
# because nobody needs them again.
_PREPARE = """
    ALTER TABLE crawl SET UNLOGGED; SET LOCAL session_replication_role = replica
"""
_HOSTS = """
    INSERT INTO host (id, name, next_due_at)
    SELECT n, 'host-' || n, CAST(:later AS timestamptz)
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""
_CRAWLS = """
    INSERT INTO crawl (podcast_id, host_id, url, skip_validators, next_poll_at, next_poll_reason,
                       error_count)
    SELECT n, CASE WHEN (n / 7) % 100 < :huge THEN 1 ELSE 1 + n / :per_host END, '', false,
           CAST(:later AS timestamptz) + n * interval '10 milliseconds', '', 0
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""
# As many hosts with as many due feeds each, however many there are: 400, and spread over all.
_SOME_DUE = """
    UPDATE crawl
    SET next_poll_at = CAST(:now AS timestamptz) - podcast_id * interval '1 millisecond'
    WHERE (podcast_id - 1) / :per_host % :each < 4 AND podcast_id % 8 = 0
"""
_HOSTS_DUE = """
    UPDATE host h SET next_due_at = d.at FROM (SELECT host_id, min(next_poll_at) AS at FROM crawl
        WHERE next_poll_at <= :now GROUP BY host_id) AS d WHERE h.id = d.host_id
"""
_GIVE_BACK = (
    "UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL WHERE claim_token IS NOT NULL"
)


def run() -> None:
    """Fill the tables twice, claim several times each, print milliseconds, ratio and plans."""
    with empty_database():
        spent = [_measured(0, SMALL), _measured(SMALL, LARGE)]
    for figure in zip(*spent, strict=True):
        (name, few), (_, many) = figure
        print(f"{name:<44}{few:>8.1f} ms{many:>8.1f} ms   ratio {many / few:.2f}")


def _measured(known: int, feeds: int) -> list[tuple[str, float]]:
    _fill(known, feeds)
    some = _claimed(feeds)
    print(f"\n{feeds:,} feeds, {DUE:,} due; the plan:\n{_plan()}")
    _execute(_GIVE_BACK)
    return [(f"claim of {DUE:,}, {DUE:,} due", some), ("claim of 100, the same", _again(100))]


def _fill(known: int, feeds: int) -> None:
    later = in_transaction(database_time) + timedelta(hours=1)
    hosts = (1 + known // FEEDS_PER_HOST + (known > 0), 1 + feeds // FEEDS_PER_HOST)
    with engine().begin() as connection:
        connection.exec_driver_sql(_PREPARE)
        params = {"first": hosts[0], "last": hosts[1], "later": later}
        connection.execute(text(_HOSTS), params)
        params = {"first": known + 1, "last": feeds, "later": later}
        more = {"huge": round(HUGE_HOST_SHARE * 100), "per_host": FEEDS_PER_HOST}
        connection.execute(text(_CRAWLS), params | more)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE crawl")
        connection.exec_driver_sql("VACUUM ANALYZE host")


def _claimed(feeds: int) -> float:
    """Milliseconds to claim the due feeds, the best of several rounds."""
    now = in_transaction(database_time)
    each = 4 * feeds // FEEDS_PER_HOST // HOSTS_DUE
    _execute(_SOME_DUE, now=now, each=each, per_host=FEEDS_PER_HOST)
    _execute(_HOSTS_DUE, now=now)
    return _again(DUE)


def _again(batch: int) -> float:
    return min(_timed(batch) for _ in range(ROUNDS))


def _timed(batch: int) -> float:
    now = in_transaction(database_time)
    _execute(_HOSTS_DUE, now=now)
    started = time.perf_counter()
    token = in_transaction(_claim, now, batch)
    spent = (time.perf_counter() - started) * 1000
    claimed = in_transaction(
        lambda session: (
            session.connection()
            .execute(
                text("SELECT count(*) FROM crawl WHERE claim_token = :token"), {"token": token}
            )
            .scalar_one()
        )
    )
    assert claimed == batch, claimed
    _execute(_GIVE_BACK)
    return spent


def _claim(session: Session, now: datetime, batch: int) -> object:
    return claim_due_feeds(session, now, batch, per_host=DUE)


def _plan() -> str:
    """The plan of a claim, which is rolled back."""
    _execute(_HOSTS_DUE, now=in_transaction(database_time))

    def explain(session: Session) -> str:
        now = database_time(session)
        params = {
            "now": now,
            "until": now + timedelta(minutes=3),
            "started": False,
            "hosts": DUE,
            "per_host": DUE,
            "batch": DUE,
            "worker_lost": False,
            "token": "00000000-0000-0000-0000-000000000001",
        }
        query = text(f"EXPLAIN (ANALYZE, TIMING OFF) {store._CLAIM_DUE}")  # noqa: SLF001
        lines = session.connection().execute(query, params).scalars().all()
        return "\n".join(f"    {line}" for line in lines)

    return in_transaction(explain)


def _execute(statement: str, **params: object) -> None:
    in_transaction(lambda session: session.connection().execute(text(statement), params))


if __name__ == "__main__":
    run()
