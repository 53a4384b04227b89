"""The people in an author of a feed: one, several, or none where it is an organisation."""

import re
from collections.abc import Iterator

from tasks.budgets.limits import Limit, read_within
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.vocabulary import ORGANISATIONS
from tasks.speakers.values import Name

_BETWEEN_AUTHORS = re.compile(r"[,;&/+|]|\s(?:and|und|et|y|e|og|och|en|with|mit|avec|con|com)\s")


def authors_in(text: str) -> Iterator[Name]:
    """The person who is the author, or each full name of several: "Jane Doe & John Roe"."""
    if name := match_label(text).name:
        yield name
        return
    for part in read_within(_BETWEEN_AUTHORS.split(text), Limit.DESCRIPTION_NAMES):
        if (name := match_label(part.strip()).name) and name.words > 1:
            yield name


def is_organisation(name: Name) -> bool:
    """Whether the last word of an author is that of a company or an institution."""
    return name.key.split()[-1] in ORGANISATIONS
