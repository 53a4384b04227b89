"""What else to search for when nothing is found: each with how much it would find."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from sqlmodel import Session

from tasks.search.find import total_of
from tasks.search.values import Filters
from web.languages.texts import N_

_PLAIN = re.compile(r"[\w'\u2019 -]+\Z")
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class OtherSearch:
    """A search that finds something: in words, its text and filters, and its matches."""

    words: str
    text: str
    filters: Filters
    total: int


def other_searches(session: Session, text: str, filters: Filters, root: Path) -> list[OtherSearch]:
    """Wider searches than one without matches that do find something, the nearest first."""
    candidates = []
    if filters != Filters():
        candidates.append((N_("the same words everywhere"), text, Filters()))
        if filters.since or filters.until:
            dateless = replace(filters, since=None, until=None)
            candidates.append((N_("the same words at any time"), text, dateless))
    if '"' in text:
        candidates.append((N_("the words in any order"), text.replace('"', " ").strip(), filters))
    several = text.replace('"', " ").split()
    if 1 < len(several) <= _MOST_WORDS and all(map(_PLAIN.match, several)):
        candidates.append((N_("any of the words"), " OR ".join(several), filters))
    found = [
        OtherSearch(words, other, chosen, total_of(session, other, chosen, root))
        for words, other, chosen in candidates
    ]
    return [one for one in found if one.total]
