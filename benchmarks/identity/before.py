"""The first version of the matcher beside the present one: shares by show, and who is gone.

The first version's rule: a label that reads as a full name is the person of its comparable form,
every other is nobody, and nothing is quarantined.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from tasks.speakers.names.single_label import decide

_SPEAKERS = text("""
    SELECT p.id AS podcast_id, p.title AS podcast, s.label, s.appearances, s.status,
           s.status_reason AS reason, s.person_id, q.name
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person q ON q.id = s.person_id
    WHERE s.appearances > 0 ORDER BY p.id, e.id, s.label
""")


@dataclass(frozen=True, slots=True)
class SpokenSegment:
    """A speaker: its show, label and segments, and how it stands now."""

    podcast_id: int
    podcast: str
    label: str
    appearances: int
    status: str
    reason: str
    person_id: int | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody of the first version who is nobody of their own now: how, and their segments."""

    key: str
    label: str
    appearances: int
    how: str


def full_name(label: str) -> str:
    """The person of a label as the first version saw it, by key; '' for nobody."""
    name = decide(label).name
    return name.key if name is not None else ""


def speakers(session: Session) -> list[SpokenSegment]:
    """Every speaker that is stored."""
    return [SpokenSegment(**row) for row in session.connection().execute(_SPEAKERS).mappings()]


def gone(some: Iterable[SpokenSegment]) -> list[Gone]:
    """Who was a person to the first version and is not, or not only, one now; by how, then key."""
    were: defaultdict[str, list[SpokenSegment]] = defaultdict(list)
    for one in some:
        if key := full_name(one.label):
            were[key].append(one)
    owners = _owners(were)
    found = [
        Gone(key, each[0].label, sum(one.appearances for one in each), how)
        for key, each in were.items()
        if (how := _how(key, each, owners))
    ]
    return sorted(found, key=lambda one: (one.how, one.key))


def _owners(were: Mapping[str, Sequence[SpokenSegment]]) -> dict[int, str]:
    """Under which key of the first version most of each person is spoken."""
    said: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for key, each in were.items():
        for one in each:
            if one.person_id is not None:
                said[one.person_id][key] += one.appearances
    return {person: count.most_common(1)[0][0] for person, count in said.items()}


def _how(key: str, each: Sequence[SpokenSegment], owners: Mapping[int, str]) -> str:
    people = {one.person_id for one in each}
    if None in people:
        reasons = {one.reason or one.status for one in each if one.person_id is None}
        part = "" if people == {None} else "in part "
        return f"{part}{' and '.join(sorted(reasons))}"
    others = {one.name for one in each if one.person_id and owners[one.person_id] != key}
    return f"one with {' and '.join(sorted(filter(None, others)))}" if others else ""


def print_shares(session: Session) -> None:
    """Segments of every show: named before, and now named, quarantined and unknown."""
    shows: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for one in speakers(session):
        for show in ((one.podcast_id, one.podcast), (2**63, "all")):
            now = "named" if one.person_id is not None else one.status
            shows[show]["segments"] += one.appearances
            shows[show][now] += one.appearances
            shows[show]["before"] += one.appearances if full_name(one.label) else 0
    heads = ("before", "named", "quarantined", "unknown")
    print(f"\n{'show':<28}{'segments':>10}" + "".join(f"{head:>13}" for head in heads))
    for (_, title), count in sorted(shows.items()):
        shares = "".join(f"{count[head] / count['segments']:>13.1%}" for head in heads)
        print(f"{title[:27]:<28}{count['segments']:>10,}{shares}")


def print_gone(session: Session) -> None:
    """Whom the first version made of labels, and who is somebody else or nobody now."""
    print("\npeople of the first version who are no more")
    for one in gone(speakers(session)):
        print(f"  {one.label} ({one.appearances}): {one.how}")
