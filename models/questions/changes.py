"""What has changed since: episodes, people and podcasts by version, none shown too early."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

KINDS = ("episode", "person", "podcast")

# A transaction that began before another may commit after it. Versions are shown up to the oldest
# transaction that still runs, so none can appear below one that was shown already.
_SINCE = text("""
    SELECT version, kind, subject FROM change
    WHERE (version, kind, subject) > (:version, :kind, :subject)
        AND version < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND kind = ANY(:kinds)
    ORDER BY version, kind, subject LIMIT :limit
""")
_BEHIND = text("""
    SELECT count(*) FROM (
        SELECT FROM change WHERE (version, kind, subject) > (:version, :kind, :subject)
            AND kind = ANY(:kinds) LIMIT :limit) c
""")
_NEWEST = text("""
    SELECT version, kind, subject FROM change
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
_EPOCH = text("SELECT coalesce(max(number), 0) FROM change_epoch")
_FROM_ANOTHER_SERVER = text(
    "SELECT coalesce(max(version) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false) "
    "FROM change"
)
# Equal answers mean that no change was committed between them. A transaction that notes leaves a
# row with its own number or a greater one, and numbers never fall within an epoch. So one that was
# committed in between either has a number above the newest, and there is a newer newest; or it has
# one below, then it ran at the first look and is among those that ran, and no longer at the second.
# In a restored dump the newest can be ahead of the server: then whatever begins is a difference.
_STATE = text("""
    SELECT current_database()::text, (SELECT max(number) FROM change_epoch), c.newest,
           ARRAY(SELECT x::text::bigint FROM pg_snapshot_xip(s.now) x
                 WHERE x::text::bigint < c.newest ORDER BY 1),
           CASE WHEN c.newest >= pg_snapshot_xmax(s.now)::text::bigint
                THEN pg_snapshot_xmax(s.now)::text::bigint END
    FROM (SELECT max(version) AS newest FROM change) c, (SELECT pg_current_snapshot() AS now) s
""")
# Each podcast is noted, as if this transaction had changed it.
_NOTE_PODCASTS = text("""
    INSERT INTO change (kind, subject, version)
    SELECT 'podcast', id, pg_current_xact_id()::text::bigint FROM podcast
    WHERE CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids) ORDER BY id
    ON CONFLICT (kind, subject) DO UPDATE SET version = excluded.version
    WHERE change.version < excluded.version
""")
_NEW_EPOCH = (
    text("LOCK TABLE change_epoch IN EXCLUSIVE MODE"),
    text("DELETE FROM change_epoch"),
    text("INSERT INTO change_epoch SELECT 1 + (random() * 9e15)::bigint"),
    text("UPDATE change SET version = 0"),
)


@dataclass(frozen=True, slots=True, order=True)
class ChangeCursor:
    """A place in the log: everything up to it, and itself, is known."""

    version: int = -1
    kind: str = ""
    subject: int = 0


# Of one moment: the database, its epoch, the newest version, and the older transactions that run.
WholeState = tuple[str, int | None, int | None, tuple[int, ...], int | None]


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


def state_of_everything(session: Session) -> WholeState:
    """The state of all that is noted: another one after each commit of a change, else the same.

    To be asked in a transaction that reads one snapshot; it is one look at an index.
    """
    name, number, newest, running, ahead = session.connection().execute(_STATE).one()
    return name, number, newest, tuple(running), ahead


def note_podcasts(session: Session, ids: Sequence[int] | None = None) -> None:
    """Note that something of these podcasts, or of all, changed that is in no row that is noted."""
    session.connection().execute(_NOTE_PODCASTS, {"ids": None if ids is None else list(ids)})


def present(session: Session, changes: Sequence[ChangeCursor]) -> dict[tuple[str, int], str]:
    """Which of these subjects are there and may be shown, with the slug of those that have one."""
    ids: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for change in changes:
        ids[change.kind].append(change.subject)
    asked = {"episodes": ids["episode"], "people": ids["person"], "podcasts": ids["podcast"]}
    rows = session.connection().execute(_PRESENT, asked)
    return {(row.kind, row.id): row.slug for row in rows}


def epoch(session: Session) -> int:
    """The number of the present history; whoever has read another one must begin anew."""
    return int(session.connection().execute(_EPOCH).scalar_one())


def is_from_another_server(session: Session) -> bool:
    """Whether versions are there that this server has not reached: rows of a restored dump.

    To be asked in a transaction that has changed nothing: its own changes look the same.
    """
    return bool(session.connection().execute(_FROM_ANOTHER_SERVER).scalar_one())


def begin_epoch(session: Session) -> None:
    """Begin another history: everything counts as changed, and old places mean nothing more."""
    for statement in _NEW_EPOCH:
        session.connection().execute(statement)
