"""Export and import of the decision log, as values that another database can read.

People are named by slug and name, podcasts by feed URL: never by database id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from models.database import Session, in_transaction
from tasks.identity.store.decision_log import record, revert
from tasks.identity.store.import_export import (
    decision_rows,
    find_decisions,
    find_episodes,
    find_people,
    find_podcasts,
)
from tasks.speakers.decisions import (
    NEVER_MERGE,
    SPLIT,
    UNDO,
    Decision,
    DecisionRefused,
    RecordedDecision,
)
from tasks.speakers.names.names import comparable


@dataclass
class ImportResult:
    """How many decisions were imported or known before, and which were skipped, with reasons."""

    imported: int = 0
    known: int = 0
    skipped: list[dict[str, str]] = field(default_factory=list)


class _Authorship(NamedTuple):
    uuid: UUID
    actor: str
    reason: str
    at: datetime


def export_decisions(session: Session) -> list[dict[str, Any]]:
    """All decisions, oldest first. Feed URLs appear as they are shown, without their secrets."""
    return decision_rows(session)


def import_decisions(lines: Iterable[dict[str, Any]]) -> ImportResult:
    """Import exported decisions, each in its own transaction; known decisions are skipped."""
    result = ImportResult()
    split_off: dict[str, int] = {}
    for line in lines:
        try:
            known, decision = in_transaction(_import_decision, line, split_off)
        except (DecisionRefused, KeyError, TypeError, ValueError) as error:
            result.skipped.append(_skipped(line, error))
            continue
        result.known += known
        result.imported += not known
        if decision.kind == SPLIT and decision.target_person_id is not None:
            split_off[line["other"]] = decision.target_person_id
    return result


def _skipped(line: dict[str, Any], error: Exception) -> dict[str, str]:
    return {
        "uuid": str(line.get("uuid")),
        "kind": str(line.get("kind")),
        "reason": getattr(error, "reason", "unreadable"),
        "message": str(error),
    }


def _import_decision(
    session: Session, line: dict[str, Any], split_off: dict[str, int]
) -> tuple[bool, RecordedDecision]:
    """Import a decision; whether it was known, and the decision here.

    ``split_off`` are the people that earlier splits of the file created here, by their old slug.
    """
    authorship = _Authorship(
        UUID(line["uuid"]),
        line["actor"],
        line["reason"],
        datetime.fromisoformat(line["at"]),
    )
    known = bool(find_decisions(session, authorship.uuid))
    if line["kind"] == UNDO:
        decisions = find_decisions(session, UUID(line["undoes"]))
        undone = _only(decisions, "no_such_decision", line["undoes"])
        return known, revert(session, undone, *authorship)
    decision = _decision(session, line, split_off)
    new_person = line["other_name"] if line["kind"] == SPLIT else ""
    return known, record(session, decision, *authorship, new_person=new_person)


def _decision(session: Session, line: dict[str, Any], split_off: dict[str, int]) -> Decision:
    kind = line["kind"]
    person = _person_id(session, line, "person", split_off)
    target = None if kind == SPLIT else _person_id(session, line, "other", split_off)
    if kind == NEVER_MERGE and person and target:
        person, target = sorted((person, target))
    return Decision(
        0,
        kind,
        person_id=person,
        target_person_id=target,
        podcast_id=_podcast_id(session, line),
        episode_id=_episode_id(session, line),
        label=line["label"],
        name=line["name"],
        fingerprints=tuple(line["fingerprints"] or ()),
        spans=tuple((start, end) for start, end in line.get("spans") or ()),
    )


def _person_id(
    session: Session, line: dict[str, Any], field_name: str, split_off: dict[str, int]
) -> int | None:
    slug = line[field_name]
    if slug is None:
        return None
    if slug in split_off:
        return split_off[slug]
    name_key = comparable(line[f"{field_name}_name"])
    return _only(find_people(session, slug, name_key), "no_such_person", slug, name_key)


def _podcast_id(session: Session, line: dict[str, Any]) -> int | None:
    feed_url = line["podcast"]
    if feed_url is None:
        return None
    return _only(find_podcasts(session, feed_url), "no_such_podcast", feed_url)


def _episode_id(session: Session, line: dict[str, Any]) -> int | None:
    identity = line["episode"]
    if identity is None:
        return None
    episodes = find_episodes(session, line["feed_url"], identity)
    return _only(episodes, "no_such_episode", line["feed_url"], identity)


def _only(ids: list[int], reason: str, *names: str) -> int:
    """The only id; with several, none can be chosen."""
    if len(ids) != 1:
        raise DecisionRefused(reason, f"{len(ids)} rows match {', '.join(names)}")
    return ids[0]
