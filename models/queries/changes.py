"""The change log: which episodes, people and podcasts changed since a version."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from models.database.sql import Compiled, execute, fetch_value
from models.queries.shown import fetch_all, fetch_one, fetch_only
from models.queries.visibility import VISIBLE, listed_podcast
from models.tables.change_log import Change, ChangeEpoch

KINDS = ("episode", "person", "podcast")

# A transaction that began before another may commit after it. Only versions below the oldest
# running transaction are shown, so none can appear later below one that was already shown.
_SINCE = """
    SELECT version, kind, subject FROM change_log
    WHERE (version, kind, subject) > (:version, :kind, :subject)
        AND version < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND kind = ANY(:kinds)
    ORDER BY version, kind, subject LIMIT :limit
"""
_BEHIND = """
    SELECT count(*) FROM (
        SELECT FROM change_log WHERE (version, kind, subject) > (:version, :kind, :subject)
            AND kind = ANY(:kinds) LIMIT :limit) c
"""
_NEWEST = """
    SELECT version, kind, subject FROM change_log
    WHERE version < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY version DESC, kind DESC, subject DESC LIMIT 1
"""
# Which of these exist and are visible; people are addressed by slug.
_PRESENT = f"""
    SELECT 'episode' AS kind, e.id, '' AS slug FROM episode e
    JOIN podcast p ON p.id = e.podcast_id WHERE e.id = ANY(:episodes)
        AND {VISIBLE}
    UNION ALL
    SELECT 'person', id, slug FROM person WHERE id = ANY(:people)
        AND state = 'active' AND appearances > 0
    UNION ALL
    SELECT 'podcast', p.id, '' FROM podcast p WHERE p.id = ANY(:podcasts)
        AND {listed_podcast()}
"""  # noqa: S608  constants of ours
_FROM_ANOTHER_SERVER = (
    "SELECT coalesce(max(version) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false) "
    "FROM change_log"
)
# The current snapshot, and the subjects noted since an earlier one. A transaction that committed
# in between either was running at the earlier snapshot, or has a number at or above its xmax. Its
# row has its own number or a greater one, since a later transaction may have noted the same
# subject. Changes cannot be followed in a restored dump whose newest version is ahead of the
# server (a change leaves no trace), nor on a replica (its snapshots do not show what runs).
_SNAPSHOT = """
    WITH ended AS MATERIALIZED (
        SELECT least(
            (SELECT min(x::text::bigint) FROM pg_snapshot_xip(CAST(:seen AS pg_snapshot)) x
             WHERE pg_visible_in_snapshot(x, pg_current_snapshot())),
            pg_snapshot_xmax(CAST(:seen AS pg_snapshot))::text::bigint) AS first
    ), noted AS MATERIALIZED (
        SELECT kind, subject FROM change_log WHERE version >= (SELECT first FROM ended) LIMIT :limit
    )
    SELECT current_database() || ' ' || coalesce((SELECT max(number) FROM change_epoch), 0)
               AS history,
           pg_current_snapshot()::text AS snapshot, c.newest,
           pg_is_in_recovery() OR coalesce(
               c.newest >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false) AS blind,
           ARRAY(SELECT subject FROM noted WHERE kind = 'episode') AS episodes,
           ARRAY(SELECT subject FROM noted WHERE kind = 'person') AS people,
           ARRAY(SELECT subject FROM noted WHERE kind = 'podcast') AS podcasts
    FROM (SELECT max(version) AS newest FROM change_log) c
"""
# The podcast of a deleted episode is unknown: NULL.
_AFFECTED = """
    SELECT 'podcast' AS kind, e.podcast_id AS id FROM unnest(CAST(:ids AS bigint[])) AS n (id)
    LEFT JOIN episode e ON e.id = n.id
    UNION
    SELECT 'person', person_id FROM speaker
    WHERE episode_id = ANY(:ids) AND person_id IS NOT NULL
"""
# Notes each podcast, as if this transaction had changed it.
_NOTE_PODCASTS = """
    INSERT INTO change_log (kind, subject, version)
    SELECT 'podcast', id, pg_current_xact_id()::text::bigint FROM podcast
    WHERE CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids) ORDER BY id
    ON CONFLICT (kind, subject) DO UPDATE SET version = excluded.version
    WHERE change_log.version < excluded.version
"""


_EPOCH = Compiled(select(func.max(col(ChangeEpoch.number))))


@dataclass(frozen=True, slots=True, order=True)
class ChangeCursor:
    """A position in the change log: the last change that its reader has seen."""

    version: int = -1
    kind: str = ""
    subject: int = 0


# Kind and id of a person or podcast that changed; the id is None for an unknown podcast.
Subject = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database snapshot, and what changed since an earlier one.

    ``newest`` is the greatest version; ``blind`` means that changes cannot be followed here.
    ``episodes``, ``people`` and ``podcasts`` are ids of what changed, up to the limit.
    """

    history: str
    snapshot: str
    newest: int | None
    blind: bool
    episodes: list[int]
    people: list[int]
    podcasts: list[int]


@dataclass(frozen=True, slots=True)
class _Affected:
    kind: str
    id: int | None


@dataclass(frozen=True, slots=True)
class _Visible:
    kind: str
    id: int
    slug: str


def changes_since(
    session: Session, since: ChangeCursor, *, kinds: Sequence[str] = KINDS, limit: int
) -> list[ChangeCursor]:
    """Changes after a cursor, in order; each subject at most once, at its newest version."""
    params = asdict(since) | {"kinds": list(kinds), "limit": limit}
    return fetch_all(session, _SINCE, ChangeCursor, params)


def changes_to_come(
    session: Session, since: ChangeCursor, *, kinds: Sequence[str] = KINDS, limit: int
) -> int:
    """How many subjects changed after a cursor, shown yet or not; counted up to ``limit``."""
    params = asdict(since) | {"kinds": list(kinds), "limit": limit}
    return int(fetch_value(session, _BEHIND, params))


def newest_change(session: Session) -> ChangeCursor:
    """The last change that is shown; the beginning when there is none."""
    return fetch_one(session, _NEWEST, ChangeCursor) or ChangeCursor()


def snapshot(session: Session, seen: str, *, limit: int) -> Snapshot:
    """The session's snapshot, and what changed since the snapshot ``seen``.

    May name more than what changed, never less, unless it is ``blind``. The session must read one
    snapshot (REPEATABLE READ).
    """
    return fetch_only(session, _SNAPSHOT, Snapshot, {"seen": seen, "limit": limit})


def affected_subjects(session: Session, episode_ids: Sequence[int]) -> set[Subject]:
    """The podcasts of these episodes, and the people who speak in them now.

    People who no longer speak there were noted themselves, since their counts changed.
    """
    rows = fetch_all(session, _AFFECTED, _Affected, {"ids": list(episode_ids)})
    return {(row.kind, row.id) for row in rows}


def note_podcasts(session: Session, ids: Sequence[int] | None = None) -> None:
    """Note in the log that these podcasts changed, or all: for a change that no trigger notes."""
    execute(session, _NOTE_PODCASTS, {"ids": None if ids is None else list(ids)})


def visible_subjects(
    session: Session, changes: Sequence[ChangeCursor]
) -> dict[tuple[str, int], str]:
    """Which of these subjects exist and are visible, with their slug; empty without one."""
    ids: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for change in changes:
        ids[change.kind].append(change.subject)
    params = {"episodes": ids["episode"], "people": ids["person"], "podcasts": ids["podcast"]}
    rows = fetch_all(session, _PRESENT, _Visible, params)
    return {(row.kind, row.id): row.slug for row in rows}


def epoch(session: Session) -> int:
    """The number of the current history; a reader of another one must start again."""
    number: int | None = fetch_value(session, _EPOCH)
    return number or 0


def is_from_another_server(session: Session) -> bool:
    """Whether versions exist that this server has not reached: rows of a restored dump.

    Only valid in a transaction that has changed nothing: its own changes would count too.
    """
    return bool(fetch_value(session, _FROM_ANOTHER_SERVER))


def begin_epoch(session: Session) -> None:
    """Start a new history: everything counts as changed, and old cursors become invalid."""
    execute(session, "LOCK TABLE change_epoch IN EXCLUSIVE MODE")
    execute(session, delete(ChangeEpoch))
    execute(session, insert(ChangeEpoch).values(number=1 + secrets.randbelow(9 * 10**15)))
    execute(session, update(Change).values(version=0))
