"""The people in an author of a feed: one, several, or none where it is an organisation."""

import re
from collections.abc import Iterator

from tasks.budgets.limits import Limit, read_within
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.vocabulary import ORGANISATIONS
from tasks.speakers.values import Name

_BETWEEN_AUTHORS = re.compile(r"[,;&/+|]|\s(?:and|und|et|y|e|og|och|en|with|mit|avec|con|com)\s")
# "And" is a letter in front of an Arabic word; here it has a full name on both sides.
_ARABIC_AND = re.compile(r"(?<=\w\w)\s\u0648(?=\w{2,}\s\w)")


def authors_in(text: str) -> Iterator[Name]:
    """The person who is the author, or each full name of several: "Jane Doe & John Roe"."""
    if (name := match_label(text).name) and not _ARABIC_AND.search(text):
        yield name
        return
    for part in read_within(_parts(text), Limit.DESCRIPTION_NAMES):
        if (name := match_label(part.strip()).name) and name.words > 1:
            yield name


def _parts(text: str) -> list[str]:
    """The authors of a list; one of fewer words than a full name is a part of the one before."""
    parts = _BETWEEN_AUTHORS.split(text)
    return [half for part in parts for half in _ARABIC_AND.split(part)]


def is_organisation(name: Name) -> bool:
    """Whether the last word of an author is that of a company or an institution."""
    return name.key.split()[-1] in ORGANISATIONS
