"""The ledger as values that another database can take: people by slug and name, never by number."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from models.database import in_transaction
from tasks.identity.store.decision_log import record, revert
from tasks.speakers.decisions import (
    NEVER_MERGE,
    SPLIT,
    UNDO,
    DecisionEvent,
    DecisionRefused,
    RecordedDecision,
)
from tasks.speakers.names.names import comparable

_EVENTS = text("""
    SELECT v.uuid, v.kind, v.actor, v.reason, v.at, p.slug AS person, p.name AS person_name,
           o.slug AS other, o.name AS other_name, q.feed_url AS podcast,
           coalesce(q.feed_url, eq.feed_url) AS feed_url, e.identity AS episode, v.label, v.name,
           v.fingerprints, u.uuid AS undoes
    FROM identity_event v
    LEFT JOIN person p ON p.id = v.person_id LEFT JOIN person o ON o.id = v.target_person_id
    LEFT JOIN podcast q ON q.id = v.podcast_id
    LEFT JOIN episode e ON e.id = v.episode_id LEFT JOIN podcast eq ON eq.id = e.podcast_id
    LEFT JOIN identity_event u ON u.id = v.undoes
    ORDER BY v.id
""")
_PERSON = text("""
    SELECT id FROM person WHERE slug = :slug UNION ALL
    SELECT n.person_id FROM person_name n
    WHERE n.key = :key AND n.scope = 'global' AND NOT EXISTS (
        SELECT FROM person WHERE slug = :slug)
""")
_PODCAST = text("SELECT id FROM podcast WHERE feed_url = :feed_url AND state <> 'removed'")
_EPISODE = text("""
    SELECT e.id FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE p.feed_url = :feed_url AND e.identity = :identity AND p.state <> 'removed'
""")
_EVENT = text("SELECT id, target_person_id FROM identity_event WHERE uuid = :uuid")


@dataclass
class Imported:
    """What became of the events of a file: taken now, known before, and left out with a reason."""

    taken: int = 0
    known: int = 0
    left_out: list[dict[str, str]] = field(default_factory=list)


def export_decisions(session: Session) -> list[dict[str, Any]]:
    """Every event, the oldest first. Secrets of feeds are not in it: addresses are as shown."""
    return [dict(row) for row in session.connection().execute(_EVENTS).mappings()]


def import_decisions(lines: Iterable[dict[str, Any]]) -> Imported:
    """Take events from elsewhere, each in a transaction of its own; known ones are left alone."""
    done = Imported()
    split_off: dict[str, int] = {}
    for line in lines:
        try:
            known, event = in_transaction(_take, line, split_off)
        except (DecisionRefused, KeyError, TypeError, ValueError) as refused:
            why = getattr(refused, "reason", "unreadable")
            uuid, kind = str(line.get("uuid")), str(line.get("kind"))
            done.left_out.append(
                {"uuid": uuid, "kind": kind, "reason": why, "message": str(refused)}
            )
            continue
        done.known += known
        done.taken += not known
        if event.kind == SPLIT and event.target_person_id is not None:
            split_off[line["other"]] = event.target_person_id
    return done


def _take(
    session: Session, line: dict[str, Any], split_off: dict[str, int]
) -> tuple[bool, RecordedDecision]:
    uuid, at = UUID(line["uuid"]), datetime.fromisoformat(line["at"])
    known = session.connection().execute(_EVENT, {"uuid": uuid}).first() is not None
    said = (uuid, line["actor"], line["reason"], at)
    if line["kind"] == UNDO:
        undone = _only(session, _EVENT, reason="no_such_event", uuid=UUID(line["undoes"]))
        return known, revert(session, undone, *said)
    is_split = line["kind"] == SPLIT
    person = _person(session, line, "person", split_off)
    other = None if is_split else _person(session, line, "other", split_off)
    if line["kind"] == NEVER_MERGE and person and other:
        person, other = sorted((person, other))
    decision = DecisionEvent(
        0,
        line["kind"],
        person_id=person,
        target_person_id=other,
        podcast_id=_podcast(session, line),
        episode_id=_episode(session, line),
        label=line["label"],
        name=line["name"],
        fingerprints=tuple(line["fingerprints"] or ()),
    )
    new_person = line["other_name"] if is_split else ""
    return known, record(session, decision, *said, new_person=new_person)


def _person(
    session: Session, line: dict[str, Any], which: str, split_off: dict[str, int]
) -> int | None:
    slug = line[which]
    if slug is None or slug in split_off:
        return None if slug is None else split_off[slug]
    asked = {"slug": slug, "key": comparable(line[f"{which}_name"])}
    return _only(session, _PERSON, reason="no_such_person", **asked)


def _podcast(session: Session, line: dict[str, Any]) -> int | None:
    if line["podcast"] is None:
        return None
    return _only(session, _PODCAST, reason="no_such_podcast", feed_url=line["podcast"])


def _episode(session: Session, line: dict[str, Any]) -> int | None:
    if line["episode"] is None:
        return None
    asked = {"feed_url": line["feed_url"], "identity": line["episode"]}
    return _only(session, _EPISODE, reason="no_such_episode", **asked)


def _only(session: Session, query: Any, *, reason: str, **asked: object) -> int:
    """The one row that is meant; of several none, for nobody knows which."""
    rows = session.connection().execute(query, asked).all()
    if len(rows) != 1:
        said = ", ".join(f"{value}" for value in asked.values())
        raise DecisionRefused(reason, f"{len(rows)} rows here are meant by {said}")
    return int(rows[0][0])
