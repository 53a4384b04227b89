"""Display names: capitalised where a label is not, and the better of two forms."""

import re
import unicodedata

from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import GENERATIONS, PARTICLES

_WORD = re.compile(r"[^\s\-]+")
_DOUBLED_CAPITALS = re.compile(r"[A-Z]{2}[a-z]")


def with_capitals(text: str) -> str:
    """Capitalise a name that is all upper case or all lower case; others stay as they are."""
    if not (text.isupper() or text.islower()):
        return text
    capitalised = _WORD.sub(lambda word: _capitalised(word[0], first=word.start() == 0), text)
    # Changing the case of a composed letter (Turkish dotted I) may decompose it.
    return unicodedata.normalize("NFC", capitalised)


def better_display(a: str, b: str) -> str:
    """The better of two forms of one name, independent of their order.

    Forms arrive in any order from many workers, so the choice is the maximum of a total order:
    associative, commutative and idempotent. Mixed case is better than one case, accents are better
    than none, so are capitals and punctuation; the smaller code points break a tie.
    """
    return a if a == b else min((a, b), key=_plainness)


def _plainness(form: str) -> tuple[int, int, int, int, int, str]:
    return (
        form.isupper() or form.islower(),
        -sum(not c.isascii() for c in form),
        len(_DOUBLED_CAPITALS.findall(form)),
        sum(not _is_well_capitalised(word) for word in form.split()),
        -sum(c.isupper() or c in ".'-" for c in form),
        form,
    )


def _is_well_capitalised(word: str) -> bool:
    return word.islower() if word.lower() in PARTICLES else not word.islower()


def _capitalised(word: str, *, first: bool) -> str:
    lower = word.lower()
    if fold(word) in PARTICLES and not first:
        return lower
    if lower in GENERATIONS and lower.startswith("i"):  # II, III, IV
        return word.upper()
    if first and len(word) <= 3 and word.isupper() and not re.search("[AEIOUY]", word):
        return word  # DJ, TJ: initials used as a name
    return "".join(map(str.capitalize, re.split(r"(?<=^mc)(?=\w)|(?<=['.])", lower)))
