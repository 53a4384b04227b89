"""People whose name is nearly what was typed."""

from itertools import permutations

from rapidfuzz.distance import DamerauLevenshtein
from sqlmodel import Session

from models.queries.search import (
    PersonByKey,
    PersonByName,
    people_by_beginnings,
    people_by_length,
    people_by_name,
)
from tasks.speakers.names.names import comparable

_MIN_LETTERS, _MIN_LETTERS_OF_TWO_MISTAKES = 6, 12
_LETTERS_OF_BEGINNING, _LETTERS_A_MISTAKE, _MOST_WORDS = 3, 5, 4


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
    return _nearest([pair for pair in near if pair[0] <= most], limit)


def people_meant(session: Session, typed: str, *, limit: int) -> list[PersonByName]:
    """As ``people_named``; without any, those of whose words some are similar to those typed.

    So a middle name may be missing, and a mistake is allowed for every five letters typed.
    """
    found = people_named(session, typed, limit=limit)
    words = comparable(typed).split()
    if found or not 1 < len(words) <= _MOST_WORDS:
        return found
    most = sum(map(len, words)) // _LETTERS_A_MISTAKE
    beginnings = [one[:_LETTERS_OF_BEGINNING] for one in words if len(one) >= _LETTERS_OF_BEGINNING]
    candidates = people_by_beginnings(session, beginnings)
    near = [(_mistakes(words, one.key.split()), one) for one in candidates]
    return _nearest([pair for pair in near if pair[0] <= most], limit)


def _mistakes(typed: list[str], name: list[str]) -> int:
    """The fewest mistakes that make words of a name, in any order, from those typed."""
    if not len(typed) <= len(name) <= _MOST_WORDS:
        return sum(map(len, typed))
    return min(
        sum(map(DamerauLevenshtein.distance, typed, words))
        for words in permutations(name, len(typed))
    )


def _nearest(near: list[tuple[int, PersonByKey]], limit: int) -> list[PersonByName]:
    people: dict[int, PersonByName] = {}
    for _, one in sorted(near, key=_rank):
        people.setdefault(one.id, one)
    return list(people.values())[:limit]


def _rank(pair: tuple[int, PersonByKey]) -> tuple[int, int, str]:
    distance, person = pair
    return distance, -person.appearances, person.slug
