"""Compare the first version of the matcher with the present one: shares by show, lost people.

The rule of the first version: a label that is a full name is the person with its key, every other
label is unknown, and nothing is quarantined.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from tasks.speakers.names.single_label import match_label

_SPEAKERS = text("""
    SELECT p.id AS podcast_id, p.title AS podcast, s.label, s.appearances, s.status,
           s.status_reason AS reason, s.person_id, q.name
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person q ON q.id = s.person_id
    WHERE s.appearances > 0 ORDER BY p.id, e.id, s.label
""")


@dataclass(frozen=True, slots=True)
class SpeakerOfShow:
    """A speaker with its show, label and appearances, and its present attribution."""

    podcast_id: int
    podcast: str
    label: str
    appearances: int
    status: str
    reason: str
    person_id: int | None
    name: str | None


@dataclass(frozen=True, slots=True)
class LostPerson:
    """A person whom only the first version found: their label and appearances, and why."""

    key: str
    label: str
    appearances: int
    cause: str


def full_name(label: str) -> str:
    """Key of the person whom the first version found under a label; '' for none."""
    name = match_label(label).name
    return name.key if name is not None else ""


def speakers(session: Session) -> list[SpeakerOfShow]:
    """Every stored speaker."""
    return [SpeakerOfShow(**row) for row in session.connection().execute(_SPEAKERS).mappings()]


def lost_people(stored: Iterable[SpeakerOfShow]) -> list[LostPerson]:
    """People of the first version who are not, or not only, themselves now; by cause and key."""
    first_version: defaultdict[str, list[SpeakerOfShow]] = defaultdict(list)
    for one in stored:
        if key := full_name(one.label):
            first_version[key].append(one)
    owners = _owners(first_version)
    lost = [
        LostPerson(key, each[0].label, sum(one.appearances for one in each), cause)
        for key, each in first_version.items()
        if (cause := _cause(key, each, owners))
    ]
    return sorted(lost, key=lambda one: (one.cause, one.key))


def _owners(first_version: Mapping[str, Sequence[SpeakerOfShow]]) -> dict[int, str]:
    """The key of the first version that has most appearances of each person."""
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for key, each in first_version.items():
        for one in each:
            if one.person_id is not None:
                counts[one.person_id][key] += one.appearances
    return {person: count.most_common(1)[0][0] for person, count in counts.items()}


def _cause(key: str, each: Sequence[SpeakerOfShow], owners: Mapping[int, str]) -> str:
    people = {one.person_id for one in each}
    if None in people:
        reasons = {one.reason or one.status for one in each if one.person_id is None}
        part = "" if people == {None} else "in part "
        return f"{part}{' and '.join(sorted(reasons))}"
    others = {one.name for one in each if one.person_id and owners[one.person_id] != key}
    return f"one with {' and '.join(sorted(filter(None, others)))}" if others else ""


def print_shares(session: Session) -> None:
    """Print shares of appearances by show: attributed before and now, quarantined, unknown."""
    shows: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for one in speakers(session):
        for show in ((one.podcast_id, one.podcast), (2**63, "all")):
            state = "named" if one.person_id is not None else one.status
            shows[show]["segments"] += one.appearances
            shows[show][state] += one.appearances
            shows[show]["before"] += one.appearances if full_name(one.label) else 0
    heads = ("before", "named", "quarantined", "unknown")
    print(f"\n{'show':<28}{'segments':>10}" + "".join(f"{head:>13}" for head in heads))
    for (_, title), count in sorted(shows.items()):
        shares = "".join(f"{count[head] / count['segments']:>13.1%}" for head in heads)
        print(f"{title[:27]:<28}{count['segments']:>10,}{shares}")


def print_lost(session: Session) -> None:
    """Print the people whom only the first version found."""
    print("\npeople whom only the first version found")
    for one in lost_people(speakers(session)):
        print(f"  {one.label} ({one.appearances}): {one.cause}")
