"""Names that the feed has for an episode: person tags, and people introduced in its texts."""

import re
from collections.abc import Iterable

from tasks.budgets.limits import Limit, first_within
from tasks.transcripts.normalise import normalise_text

_WORD = re.compile(r"\w+")

# The words of each name.
KnownNames = frozenset[frozenset[str]]
NOBODY: KnownNames = frozenset()


def known_names(names: Iterable[str]) -> KnownNames:
    """The names in comparable form, without those that have no letters."""
    words = map(_words, first_within(sorted(set(names)), Limit.KNOWN_NAMES))
    return frozenset(each for each in words if each)


def is_known(label: str, known: KnownNames) -> bool:
    """Whether a candidate is one of the names, a part of one, or a full one with more around it.

    >>> known = known_names(["Ada Example"])
    >>> is_known("Ada", known), is_known("Ada Example (host)", known), is_known("Ada Other", known)
    (True, True, False)
    """
    words = _words(label)
    return any(words <= name or (len(name) > 1 and name <= words) for name in known if words & name)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(normalise_text(text).casefold()))
