"""Names that are like a name that nobody has."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from models.database import Session
from models.queries.people import people

KNOWN = 10_000  # those who speak most
SIMILAR = 75.0  # of 100; "Jerrod" and "Jerod Santo" have 83
SHOWN = 3


def most_similar(name: str, names: Sequence[str]) -> list[int]:
    """Where the names are that are most like this one, best first."""
    scored = process.extract(
        name.casefold(),
        names,
        scorer=fuzz.partial_ratio,
        processor=str.casefold,
        score_cutoff=SIMILAR,
        limit=SHOWN,
    )
    return [place for _, _, place in scored]


def similar_people(session: Session, name: str) -> list[str]:
    """The names of people that are most like this one, best first."""
    names = [person.name for person in people(session, limit=KNOWN)]
    return [names[place] for place in most_similar(name, names)]


def no_such_person(name: str, similar: Sequence[str]) -> str:
    """The sentence for a name that nobody has."""
    question = f"; did you mean {' or '.join(similar)}?" if similar else ""
    return f"no such person: {name}{question}"
