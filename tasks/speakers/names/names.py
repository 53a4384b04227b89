"""Names as written, read from labels into a comparable key and a form to show."""

from functools import lru_cache

from tasks.speakers.names.display_name import with_capitals
from tasks.speakers.names.label_parser import read_label
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import ROLES
from tasks.speakers.values import Name


@lru_cache(maxsize=16384)
def read_name(label: str) -> Name | None:
    """The person's name in a label, without titles, credentials, roles, times and emoji.

    None when the label names nobody or several people. Family-name-first is not guessed, and a
    middle initial makes another key: both need the evidence of other episodes. Never raises.
    """
    display = with_capitals(read_label(label).text)
    key = comparable(display)
    words = sum(any(c.isalpha() for c in word) for word in key.split())
    return Name(key, display, words) if words and key not in ROLES else None


def comparable(name: str) -> str:
    """The key of a name: folded, with initials run together ("J. R. Smith" is "jr smith")."""
    words: list[str] = []
    in_initials = False
    for word in fold(name).split():
        is_initial = len(word) == 1 and word.upper() != word
        if is_initial and in_initials:
            words[-1] += word
        else:
            words.append(word)
        in_initials = is_initial
    return " ".join(words)


def slug_of(key: str) -> str:
    """The key as one word for addresses. Keys have no hyphens, so equal slugs are equal keys."""
    return key.replace(" ", "-")
