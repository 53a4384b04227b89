"""People whose name is nearly what was typed."""

from rapidfuzz.distance import DamerauLevenshtein
from sqlmodel import Session

from models.queries.search import PersonByKey, PersonByName, people_by_length, people_by_name
from tasks.speakers.names.names import comparable

_MIN_LETTERS, _MIN_LETTERS_OF_TWO_MISTAKES = 6, 12


def people_named(session: Session, typed: str, *, limit: int) -> list[PersonByName]:
    """People whose name begins as was typed; without any, those of a full name that is similar."""
    key = comparable(typed)
    found = people_by_name(session, key, limit=limit)
    if found or " " not in key or len(key) < _MIN_LETTERS:
        return found
    most = 2 if len(key) >= _MIN_LETTERS_OF_TWO_MISTAKES else 1
    near = [
        (DamerauLevenshtein.distance(key, one.key, score_cutoff=most), one)
        for one in people_by_length(session, key)
    ]
    ranked = sorted((pair for pair in near if pair[0] <= most), key=_rank)
    people: dict[int, PersonByName] = {}
    for _, one in ranked:
        people.setdefault(one.id, one)
    return list(people.values())[:limit]


def _rank(pair: tuple[int, PersonByKey]) -> tuple[int, int, str]:
    distance, person = pair
    return distance, -person.appearances, person.slug
