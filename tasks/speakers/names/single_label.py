"""What a label says by itself: a full name, or nobody yet, and why."""

import re
from functools import lru_cache

from tasks.speakers.names.label_parser import read_label
from tasks.speakers.names.names import read_name
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import (
    GENERATIONS,
    GRAMMAR,
    NOT_IN_NAMES,
    PARTICLES,
    SELDOM_IN_NAMES,
    WEEKDAYS,
)
from tasks.speakers.values import Decision, LabelReading, Name
from tasks.transcripts.labels.validity import is_marker

# The longest real names ("Maria de los Ángeles Pérez García") have six words.
MOST_WORDS = 6

_SIGNS_OF_A_HANDLE_OR_SENTENCE = re.compile(r"[@#_$?!=\\]")
_POSSESSIVE = re.compile(r"'s\b", re.IGNORECASE)
_INITIALS = re.compile(r"\w([.'-]\w?)*\.?")


@lru_cache(maxsize=16384)
def decide(label: str) -> Decision:
    """Who speaks under this label: a name to be looked up globally, or nobody and why.

    Precision before recall: what might be a thing, a phrase, a handle or half a name stays
    unresolved. Fictional people cannot be told from the label. Never raises.
    """
    reading, name = read_label(label), read_name(label)
    reason = _why_nobody(label, reading, name)
    if reason or name is None:
        return Decision("unresolved", reason, role=reading.role)
    confidence = 0.95 if name.display in label else 0.9
    evidence = f"label {label!r} read as {name.display}"
    return Decision("full_name", "full_name", confidence, name, reading.role, evidence)


def _why_nobody(label: str, reading: LabelReading, name: Name | None) -> str:
    if not label.strip():
        return "no_label"
    if is_marker(label):
        return "not_a_person"
    if reading.joint:
        return "multiple_people"
    if name is None or _is_handle_or_phrase(label, name):
        return "not_a_name"
    return _why_no_full_name(reading.text, name)


def _is_handle_or_phrase(label: str, name: Name) -> bool:
    """Digits and signs make handles, ?! make sentences, 's makes a thing of somebody's."""
    signs = _SIGNS_OF_A_HANDLE_OR_SENTENCE.search(label) or _POSSESSIVE.search(name.display)
    return bool(signs) or any(c.isalnum() and not c.isalpha() for c in name.key)


def _why_no_full_name(text: str, name: Name) -> str:
    words = [word for word in text.split() if fold(word) not in GENERATIONS]
    if _is_initials_only(words) or (len(words) > 1 and _is_half_a_name(words, name)):
        return "initials"
    if len(words) < 2:
        return "one_word_name"
    return "" if _is_plausible(words, name) else "not_a_name"


def _is_initials_only(words: list[str]) -> bool:
    """Letters that stand for names: "J", "J. S.", "O'B" or "AS" alone."""
    alone = len(words) == 1 and words[0].isupper() and len(words[0]) <= 4
    return alone or all(_is_initial(word) for word in words)


def _is_half_a_name(words: list[str], name: Name) -> bool:
    """One part of the name is only initials: as "J. Doe", "Jane D." or "Jane VO" have it."""
    spelt_out = [word for word in name.key.split() if len(word) > 1 or not _has_case(word)]
    return len(spelt_out) < 2 or _is_initial(words[-1]) or _is_abbreviation(words)


def _is_initial(word: str) -> bool:
    return _has_case(word) and bool(_INITIALS.fullmatch(word))


def _is_abbreviation(words: list[str]) -> bool:
    """Two or three capitals at the end of a label that is not all in capitals."""
    last = words[-1]
    return last.isupper() and len(last) <= 3 and not all(word.isupper() for word in words)


def _is_plausible(words: list[str], name: Name) -> bool:
    return (
        len(words) <= MOST_WORDS
        and _is_written_like_a_name(name.display.split())
        and _has_words_of_a_name(name.key.split())
    )


def _is_written_like_a_name(words: list[str]) -> bool:
    """Every word with a capital or a particle, and none an acronym (NBC, SSX)."""
    capitals = all(not word.islower() or fold(word) in PARTICLES for word in words)
    return capitals and not (len(words[0]) == 3 and words[0].isupper() and words[0].isalpha())


def _has_words_of_a_name(words: list[str]) -> bool:
    if (GRAMMAR | NOT_IN_NAMES) & set(words) or words[-1] in WEEKDAYS:
        return False
    return not SELDOM_IN_NAMES & set(words[:-1] if len(words) == 2 else words)


def _has_case(word: str) -> bool:
    return word.upper() != word.lower()
