"""Validity of labels: whether the text before a colon is a label or part of a sentence.

Precision first: a false label would take all words until the next one. So where only a colon marks
a label, its form is not enough: the document must use it again, or use labels throughout. The rules
are general, and name no show or person.
"""

import re
from collections import Counter
from functools import lru_cache

from tasks.transcripts.labels.non_person import is_non_person, is_sound
from tasks.transcripts.labels.vocabulary import (
    ABBREVIATIONS,
    ABOUT_DOCUMENT,
    ALSO_NAMES,
    BEGINS_REMARK,
    CONJUNCTIONS,
    INSIDE_NAMES,
    SENTENCE_WORDS,
)
from tasks.transcripts.normalise import normalise_text

# Characters: a unique index of PostgreSQL takes at most 2,704 bytes.
MAX_LABEL = 200

# Characters: labels in prose are shorter than this; it bounds the search for the colon.
MAX_PROSE_LABEL = 80
_MAX_WORDS = 8

# "Here's what it is", "Let's say": a contraction is in a sentence. "O'Brien" and "Liana's" are not.
_CONTRACTION = re.compile(
    r"(?i)\b(?:\w+n['’]t|\w+['’](?:re|ll|ve|d|m)"  # noqa: RUF001 - a typographic apostrophe
    r"|(?:here|that|there|it|let|what|who|how|where|when|he|she)['’]s)\b"  # noqa: RUF001 - as above
)
_SENTENCE_MARKS = re.compile(r"[?!;…<>{}=|\\\"“”«»/]|\.\s*$|https?:|www\.|, (?:and|but|or|so) ")
_CREDENTIAL_DOT = re.compile(
    r"(?i)\b(?:[a-z]|jr|sr|dr|md|ph\.?d|psy\.?d|esq|st|mr|mrs|ms|prof)\.\s*$"
)
_NAME_WORD = re.compile(r"[(\[]?[$@#]?[^\W_a-z][\w.'’&+\-]*[)\],.]*|\(.*|.*\d.*", re.DOTALL)  # noqa: RUF001 - as above
_HANDLE = re.compile(r"[a-z0-9][\w\-]{1,24}")
_OPENS_A_SENTENCE = (SENTENCE_WORDS | BEGINS_REMARK) - {"the", "me"}
_NO_HANDLES = SENTENCE_WORDS | BEGINS_REMARK | ABOUT_DOCUMENT | INSIDE_NAMES
_MARKUP = " \t\n*_`:\uff1a>\u2013\u2014-"


def clean_label(raw: str) -> str:
    """Return a published label without markup, colon and brackets; 200 characters at most."""
    return _clean(raw[: 5 * MAX_LABEL])  # bounds the memory of the cache


@lru_cache(maxsize=4096)
def _clean(raw: str) -> str:
    label = normalise_text(raw.replace("\\", "")).strip(_MARKUP)
    if label[:1] == "[" and label[-1:] == "]":
        label = label[1:-1].strip(_MARKUP)
    return label[:MAX_LABEL].rstrip()


def is_emphasised_label(label: str) -> bool:
    """Whether text that typography or a time beside it sets apart can be a label."""
    words = label.split()
    if not words or len(words) > _MAX_WORDS or len(label) > MAX_PROSE_LABEL:
        return False
    if label.endswith(("?", "!", "…", ",", ";")) and len(words) > 2:
        return False
    if _CONTRACTION.search(label) or "http" in label or label.count("[") != label.count("]"):
        return False
    opens_sentence = words[0].lower() in _OPENS_A_SENTENCE
    return not opens_sentence or is_non_person(label) or not _sentence_words(words)


def _sentence_words(words: list[str]) -> list[str]:
    """Words that make it a sentence: no initials ("AS"), no names ("Will Hill")."""
    if len(words) == 1 and words[0].isupper() and len(words[0]) < 5:
        return [word for word in words if word in ABBREVIATIONS]
    if words[0].lower() in BEGINS_REMARK:
        return words[:1]
    sentence_words = [
        w for w in words if w.lower() in SENTENCE_WORDS and w.lower() not in INSIDE_NAMES
    ]
    capitals = len(words) > 1 and all(word[:1].isupper() for word in words)
    is_name = len(sentence_words) == 1 and sentence_words[0].lower() in ALSO_NAMES
    return [] if capitals and is_name else sentence_words


@lru_cache(maxsize=4096)
def has_name_shape(label: str) -> bool:
    """Whether text before a bare colon has the form of a name or a role, not of a sentence.

    >>> has_name_shape("Miguel de Icaza"), has_name_shape("Speaker 2"), has_name_shape("AS")
    (True, True, True)
    >>> has_name_shape("Here's what it is"), has_name_shape("The best part")
    (False, False)
    """
    words = label.split()
    if not words or len(words) > 6 or len(label) > MAX_PROSE_LABEL:
        return False
    if label.count("[") != label.count("]"):
        return False
    if is_non_person(label) and not _sentence_words(words):
        return any(c.isalpha() for c in label)
    if _SENTENCE_MARKS.search(label) and not _CREDENTIAL_DOT.search(label):
        return False
    if _CONTRACTION.search(label) or words[0].lower() in CONJUNCTIONS:
        return False
    return _words_are_names(words)


def _words_are_names(words: list[str]) -> bool:
    if not any(c.isalpha() for word in words for c in word):
        return False
    if words[0].lower() in ABOUT_DOCUMENT or words[-1].lower() in ABOUT_DOCUMENT:
        return False
    lowered = [word.lower() for word in words]
    if _sentence_words(words):
        return False
    return all(
        low in INSIDE_NAMES or _NAME_WORD.fullmatch(word) is not None
        for word, low in zip(words, lowered, strict=True)
    )


def accepted_labels(
    candidates: Counter[str], units: int, *, emphasised: Counter[str] | None = None
) -> set[str]:
    """Return the texts before colons that are labels in this document.

    Args:
        candidates: how often each text is before a bare colon at the start of a unit.
        units: the number of units (cues, paragraphs) of the document.
        emphasised: how often typography or a time sets each label apart; all of them are labels.

    A text with the form of a name is a label if it occurs twice. If it occurs once, it is one where
    the document labels many units, or if it is part of another label ("Kirk" beside "Kirk
    Shillingford"). A handle in lower case must occur often. Where typography marks the labels, text
    before a bare colon must be one of them or part of one, a sound, or frequent.
    """
    emphasised = emphasised or Counter()
    shaped = {label: count for label, count in candidates.items() if has_name_shape(label)}
    if sum(emphasised.values()) >= max(3, sum(shaped.values())):
        often = max(3, units // 20)
        accepted = set(emphasised) | {s for s, n in shaped.items() if n >= often or is_sound(s)}
        return accepted | (shaped.keys() & _parts(accepted))
    repeated = {label for label, count in shaped.items() if count > 1}
    handles = {label for label, count in candidates.items() if _is_handle(label, count, units)}
    share = (sum(shaped.values()) + sum(candidates[h] for h in handles)) / max(units, 1)
    accepted = set(emphasised) | repeated | handles
    accepted |= {label for label in shaped if _once_is_enough(label, share)}
    return accepted | (shaped.keys() & _parts(accepted))


def _parts(labels: set[str]) -> set[str]:
    return {word for label in labels for word in label.split() if word[:1].isupper()}


def _is_handle(label: str, count: int, units: int) -> bool:
    if label in _NO_HANDLES:
        return False
    return count >= max(5, units // 20) and _HANDLE.fullmatch(label) is not None


def _once_is_enough(label: str, share: float) -> bool:
    words = label.split()
    if is_non_person(label):
        return share > 0.02
    if any(c.isdigit() for c in label):
        return share > 0.5
    if 1 < len(words) <= 4 and all(word[:1].isupper() or word in INSIDE_NAMES for word in words):
        return share > 0.03
    return share > 0.2
