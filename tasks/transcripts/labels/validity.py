"""Labels as published: cleaned, and how much their letters are those of a name.

The form is one weak feature among those of ``decision.py``: letters of any script can be a name,
and most words are one somewhere.
"""

import re
from functools import lru_cache

from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.labels.vocabulary import BEGINS_REMARK, SENTENCE_WORDS
from tasks.transcripts.normalise import normalise_text

# Characters: a unique index of PostgreSQL takes at most 2,704 bytes.
MAX_LABEL = 200

# Characters: labels in prose are shorter than this; it bounds the search for the colon.
MAX_PROSE_LABEL = 80
_MAX_WORDS = 6
_MAX_ROLE_WORDS = 3
_HALF = 0.5
_MAX_PARTICLE = 3  # characters: "von", "dal"
_MAX_UNSPACED = 10  # characters of a name in a script without spaces

_ASIDE = re.compile(
    r"[(\[\uff08][^()\[\]\uff08\uff09]*[)\]\uff09]|\"[^\"]*\"|“[^“”]*”|«[^«»]*»|\S*/\S*"
)
_ASIDE_SIGN = re.compile(r"[(\[\uff08\"“«/]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\s\w]*\w\S*")  # with the signs before it
_SENTENCE = re.compile(
    r"[?!;…<>{}=\\\"“”]|https?:|www\.|\.\s*$|, (?=[a-z])"
    r"|(?i:\b(?:\w+n['’]t|(?:\w+)['’](?:re|ll|ve|m)|(?:here|that|there|it|let|what)['’]s)\b)"  # noqa: RUF001 - a typographic apostrophe
)
_SHORT_DOT = re.compile(r"(?<!\w)\w{1,4}\.\s*$|\.\w\.\s*$")
_MARKUP = " \t\n*_`:\uff1a>\u2013-\u2015-"
_POINT_AND_DASH = re.compile(r"\.[\u2013\u2014-]$")  # Spanish: "Name.- text"


def clean_label(raw: str) -> str:
    """Return a published label without markup, colon and brackets; 200 characters at most."""
    return _clean(raw[: 5 * MAX_LABEL])  # bounds the memory of the cache


@lru_cache(maxsize=4096)
def _clean(raw: str) -> str:
    label = _POINT_AND_DASH.sub("", normalise_text(raw.replace("\\", ""))).strip(_MARKUP)
    if label[:1] == "[" and label[-1:] == "]":
        label = label[1:-1].strip(_MARKUP)
    return label[:MAX_LABEL].rstrip()


@lru_cache(maxsize=4096)
def name_form(label: str) -> float:
    """How much a text has the form of a name or a role: 1 for a name, 0 for a sentence.

    >>> name_form("Miguel de Icaza"), name_form("Speaker 2"), name_form("roasbeef")
    (1.0, 1.0, 0.5)
    >>> name_form("Here's what it is"), name_form("The best part")
    (0.0, 0.0)
    """
    core = _ASIDE.sub(" ", label) if _ASIDE_SIGN.search(label) else label
    words = _WORD.findall(core)
    if not _LETTER.search(label) or len(words) > _MAX_WORDS:
        return 0.0
    if is_non_person(label):
        return 1.0
    if _is_sentence(core, words):
        return _HALF if _is_name_and_role(core) else 0.0
    if len(words) == 1:
        return 0.5 if words[0].islower() or words[0].lower() in BEGINS_REMARK else 1.0
    return 0.5 if words and words[0].lower() in SENTENCE_WORDS | BEGINS_REMARK else 1.0


@lru_cache(maxsize=4096)
def may_be_role(label: str) -> bool:
    """Whether a text that has not the form of a name may be a role: "recorded voice"."""
    words = _WORD.findall(label)
    begins_sentence = bool(words) and words[0].lower() in SENTENCE_WORDS | BEGINS_REMARK
    is_short = 0 < len(words) <= _MAX_ROLE_WORDS and _LETTER.search(label) is not None
    return is_short and not (begins_sentence or _SENTENCE.search(label))


def _is_name_and_role(core: str) -> bool:
    """Whether it is a full name with what its bearer does: "Wim Haas, auctioneer"."""
    name, comma, role = core.partition(", ")
    words = _WORD.findall(name)
    is_name = len(words) > 1 and all(word[:1].isupper() for word in words)
    return bool(comma) and is_name and not (_SENTENCE.search(name) or _SENTENCE.search(role))


def _is_sentence(core: str, words: list[str]) -> bool:
    """Whether punctuation, small letters at its end, or its length make it one."""
    if _SENTENCE.search(core) and not _SHORT_DOT.search(core):
        return True
    if any(len(word) > _MAX_UNSPACED and not _has_case(word) for word in words):
        return True
    small = [word for word in words if word.islower()]
    long = any(len(word) > _MAX_PARTICLE for word in small)
    return len(words) > 1 and (words[-1] in small or 2 * len(small) >= len(words) + (not long))


def _has_case(word: str) -> bool:
    return word.upper() != word.lower()
