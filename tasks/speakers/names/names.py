"""Names read from labels: a comparable key, and a form to show."""

from functools import lru_cache

from tasks.speakers.names.display_name import with_capitals
from tasks.speakers.names.label_parser import parse_label
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.unspaced import is_unspaced_full_name
from tasks.speakers.names.vocabulary import ROLES
from tasks.speakers.values import Name


@lru_cache(maxsize=16384)
def read_name(label: str) -> Name | None:
    """Read the person's name in a label, without titles, credentials, roles, times and emoji.

    None when the label does not name exactly one person. Never raises. Family-name-first is not
    guessed, and a middle initial makes another key: both need evidence from other episodes.
    """
    display = with_capitals(parse_label(label).text)
    key = comparable(display)
    words = sum(any(c.isalpha() for c in word) for word in key.split())
    words += words == 1 and is_unspaced_full_name(display)
    return Name(key, display, words) if words and key not in ROLES else None


def comparable(name: str) -> str:
    """Key of a name: folded, with initials joined ("J. R. Smith" becomes "jr smith")."""
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
    """Slug of a key, for URLs. Keys have no hyphens, so equal slugs mean equal keys."""
    return key.replace(" ", "-")


@lru_cache(maxsize=16384)
def label_key(label: str) -> str:
    """Key by which decisions about a label are compared; never raises.

    It is the key of the name in the label or, where the label names nobody, that of the whole
    label. A label of punctuation alone is its own key, so that a decision can still refer to it.
    """
    name = read_name(label)
    return (name.key if name else comparable(label)) or label.strip()
