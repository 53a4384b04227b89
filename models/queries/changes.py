"""What has changed since: episodes, people and podcasts by version, none shown too early."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from models.database.sql import rows, statement, values

KINDS = ("episode", "person", "podcast")

# A transaction that began before another may commit after it. Versions are shown up to the oldest
# transaction that still runs, so none can appear below one that was shown already.
_SINCE = text("""
    SELECT version, kind, subject FROM change_log
    WHERE (version, kind, subject) > (:version, :kind, :subject)
        AND version < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND kind = ANY(:kinds)
    ORDER BY version, kind, subject LIMIT :limit
""")
_BEHIND = text("""
    SELECT count(*) FROM (
        SELECT FROM change_log WHERE (version, kind, subject) > (:version, :kind, :subject)
            AND kind = ANY(:kinds) LIMIT :limit) c
""")
_NEWEST = text("""
    SELECT version, kind, subject FROM change_log
    WHERE version < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY version DESC, kind DESC, subject DESC LIMIT 1
""")
# What of these is there and may be shown; people have an address of their own.
_PRESENT = text("""
    SELECT 'episode' AS kind, e.id, '' AS slug FROM episode e
    JOIN podcast p ON p.id = e.podcast_id WHERE e.id = ANY(:episodes)
        AND e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')
    UNION ALL
    SELECT 'person', id, slug FROM person WHERE id = ANY(:people)
        AND state = 'active' AND appearances > 0
    UNION ALL
    SELECT 'podcast', id, '' FROM podcast WHERE id = ANY(:podcasts)
        AND state IN ('active', 'paused', 'gone')
""")
_EPOCH = statement("SELECT coalesce(max(number), 0) FROM change_epoch")
_FROM_ANOTHER_SERVER = text(
    "SELECT coalesce(max(version) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false) "
    "FROM change_log"
)
# What a snapshot sees, and what it sees noted that one before it did not: of a transaction that
# committed in between, whose number is either among those that ran then (and is least of them, or
# above it), or at the end of the numbers that were given then, or beyond. It leaves a row with its
# own number or a greater one, since a later one may have noted the same. Nothing can be followed in
# a restored dump in which the newest is ahead of the server, for then a change leaves no trace, nor
# on a replica, whose snapshots do not tell what runs.
_LOOK = statement("""
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
""")
# An episode that is gone was of a podcast that nobody can tell any more.
_CONCERNED = statement("""
    SELECT 'podcast', e.podcast_id FROM unnest(CAST(:ids AS bigint[])) AS n (id)
    LEFT JOIN episode e ON e.id = n.id
    UNION
    SELECT 'person', person_id FROM speaker
    WHERE episode_id = ANY(:ids) AND person_id IS NOT NULL
""")
# Each podcast is noted, as if this transaction had changed it.
_NOTE_PODCASTS = text("""
    INSERT INTO change_log (kind, subject, version)
    SELECT 'podcast', id, pg_current_xact_id()::text::bigint FROM podcast
    WHERE CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids) ORDER BY id
    ON CONFLICT (kind, subject) DO UPDATE SET version = excluded.version
    WHERE change_log.version < excluded.version
""")
_NEW_EPOCH = (
    text("LOCK TABLE change_epoch IN EXCLUSIVE MODE"),
    text("DELETE FROM change_epoch"),
    text("INSERT INTO change_epoch SELECT 1 + (random() * 9e15)::bigint"),
    text("UPDATE change_log SET version = 0"),
)


@dataclass(frozen=True, slots=True, order=True)
class ChangeCursor:
    """A place in the log: everything up to it, and itself, is known."""

    version: int = -1
    kind: str = ""
    subject: int = 0


# A person or podcast about which something changed; None stands for a podcast that is not known.
Subject = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot sees: which history, at which moment, and what is new since another.

    ``newest`` is the greatest version there is; ``blind`` says that changes cannot be followed
    here. Of what is new, ``episodes``, ``people`` and ``podcasts`` are ids, and at most
    as many as were asked for.
    """

    history: str
    snapshot: str
    newest: int | None
    blind: bool
    episodes: list[int]
    people: list[int]
    podcasts: list[int]


def changes_since(
    session: Session, since: ChangeCursor, *, kinds: Sequence[str] = KINDS, limit: int
) -> list[ChangeCursor]:
    """What changed after a place, in the order to remember it by; each subject at most once."""
    asked = {"version": since.version, "kind": since.kind, "subject": since.subject}
    rows = session.connection().execute(_SINCE, asked | {"kinds": list(kinds), "limit": limit})
    return [ChangeCursor(row.version, row.kind, row.subject) for row in rows]


def changes_to_come(
    session: Session, since: ChangeCursor, *, kinds: Sequence[str] = KINDS, limit: int
) -> int:
    """How many subjects changed after a place, shown already or not; counted up to ``limit``."""
    asked = {"version": since.version, "kind": since.kind, "subject": since.subject}
    counted = session.connection().execute(_BEHIND, asked | {"kinds": list(kinds), "limit": limit})
    return int(counted.scalar_one())


def newest_change(session: Session) -> ChangeCursor:
    """The last place that is shown; the beginning when nothing has changed ever."""
    row = session.connection().execute(_NEWEST).first()
    return ChangeCursor(row.version, row.kind, row.subject) if row else ChangeCursor()


def snapshot(session: Session, seen: str, *, limit: int) -> Snapshot:
    """What a session sees that reads one snapshot, and what changed since the snapshot ``seen``.

    What is noted may be more than what changed, and is never less, unless it is ``blind``.
    """
    (row,) = rows(session, _LOOK, {"seen": seen, "limit": limit})
    return Snapshot(*row)


def affected_subjects(session: Session, episode_ids: Sequence[int]) -> set[Subject]:
    """The podcasts of these episodes, and the people who are heard in them now.

    Whoever was heard there and is not any more was noted as a person: their figures changed.
    """
    return {(kind, one) for kind, one in rows(session, _CONCERNED, {"ids": list(episode_ids)})}


def note_podcasts(session: Session, ids: Sequence[int] | None = None) -> None:
    """Note that something of these podcasts, or of all, changed that is in no row that is noted."""
    session.connection().execute(_NOTE_PODCASTS, {"ids": None if ids is None else list(ids)})


def visible_subjects(
    session: Session, changes: Sequence[ChangeCursor]
) -> dict[tuple[str, int], str]:
    """Which of these subjects are there and may be shown, with the slug of those that have one."""
    ids: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for change in changes:
        ids[change.kind].append(change.subject)
    asked = {"episodes": ids["episode"], "people": ids["person"], "podcasts": ids["podcast"]}
    rows = session.connection().execute(_PRESENT, asked)
    return {(row.kind, row.id): row.slug for row in rows}


def epoch(session: Session) -> int:
    """The number of the present history; whoever has read another one must begin anew."""
    (number,) = values(session, _EPOCH, {})
    return int(number)


def is_from_another_server(session: Session) -> bool:
    """Whether versions are there that this server has not reached: rows of a restored dump.

    To be asked in a transaction that has changed nothing: its own changes look the same.
    """
    return bool(session.connection().execute(_FROM_ANOTHER_SERVER).scalar_one())


def begin_epoch(session: Session) -> None:
    """Begin another history: everything counts as changed, and old places mean nothing more."""
    for step in _NEW_EPOCH:
        session.connection().execute(step)
