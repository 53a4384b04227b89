"""Match a label by itself: to a full name, or to nobody with a reason."""

import re
from functools import lru_cache
from itertools import pairwise

from tasks.speakers.names.label_parser import parse_label
from tasks.speakers.names.names import read_name
from tasks.speakers.names.places import PLACES
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.unspaced import is_unspaced_full_name
from tasks.speakers.names.vocabulary import (
    ARTICLES_IN_SURNAMES,
    BEFORE_SURNAMES,
    BEFORE_WEEKDAYS,
    CONJUNCTIONS,
    FIRST_BEFORE_A_PARTICLE,
    GENERATIONS,
    GRAMMAR,
    GRAMMAR_SURNAMES,
    INSTITUTIONS,
    LEGAL_FORMS,
    NOT_IN_NAMES,
    PARTICLES,
    SELDOM_IN_NAMES,
    SURNAME_PREPOSITIONS,
    WEEKDAYS,
)
from tasks.speakers.values import Name, ParsedLabel, SpeakerMatch
from tasks.transcripts.labels.non_person import is_non_person

# The longest real names ("Maria de los Ángeles Pérez García") have six words.
MAX_NAME_WORDS = 6

_SIGNS_OF_A_HANDLE_OR_SENTENCE = re.compile(r"[@#_$?!=\\]")
_POSSESSIVE = re.compile(r"'s\b", re.IGNORECASE)
# A middle dot separates the words of a name that is transcribed into kana or Han.
_BETWEEN_WORDS = re.compile(r"[\s\u30fb\u00b7]+")
_INITIALS = re.compile(r"\w([.'-]\w?)*\.?")


@lru_cache(maxsize=16384)
def match_label(label: str) -> SpeakerMatch:
    """Match a label to the full name that it contains, or to nobody with a reason. Never raises.

    Precision before recall: what may be a thing, a phrase, a handle or half a name stays
    unresolved. A label does not tell whether a person is fictional.
    """
    parsed, name = parse_label(label), read_name(label)
    reason = _why_nobody(label, parsed, name)
    if reason or name is None:
        return SpeakerMatch("unresolved", reason, role=parsed.role)
    confidence = 0.95 if name.display in label else 0.9
    evidence = f"label {label!r} read as {name.display}"
    return SpeakerMatch("full_name", "full_name", confidence, name, parsed.role, evidence)


def _why_nobody(label: str, parsed: ParsedLabel, name: Name | None) -> str:
    if not label.strip():
        return "no_label"
    if is_non_person(label) or fold(label) in PLACES:
        return "not_a_person"
    if parsed.joint:
        return "multiple_people"
    if name is None or _is_handle_or_phrase(label, name):
        return "not_a_name"
    return _why_no_full_name(parsed.text, name)


def _is_handle_or_phrase(label: str, name: Name) -> bool:
    """Whether digits or signs make it a handle, ?! a sentence, or 's a person's thing."""
    plain = label.replace(" @ ", " ")  # before a company: "Mira Voss @ Acme"
    signs = _SIGNS_OF_A_HANDLE_OR_SENTENCE.search(plain) or _POSSESSIVE.search(name.display)
    return bool(signs) or any(c.isalnum() and not c.isalpha() for c in name.key)


def _why_no_full_name(text: str, name: Name) -> str:
    words = [word for word in _BETWEEN_WORDS.split(text) if fold(word) not in GENERATIONS]
    if _is_initials_only(words) or (len(words) > 1 and _has_half_initials(words, name)):
        return "initials"
    if len(words) < 2:
        return "" if is_unspaced_full_name(name.display) else "one_word_name"
    if _is_surname_with_particles(words) or _is_given_name_and_patronymic(words):
        return "one_word_name"
    if _is_in_a_place(words) or not _is_plausible(words, name):
        return "not_a_name"
    return ""


def _is_in_a_place(words: list[str]) -> bool:
    """Whether it is a caller with a place, in capitals: "CLIVE IN STOKE HARBOUR".

    In small letters it is no name anyway, and with one capital "In" is one: "Kim In Sook".
    """
    pairs = pairwise(words[1:])
    return any(word == "IN" and fold(after) not in ARTICLES_IN_SURNAMES for word, after in pairs)


def _is_surname_with_particles(words: list[str]) -> bool:
    """Whether all words but the last are particles: "von Bora", "Van der Meulen".

    One with a capital may be a given name: "Van Morrison".
    """
    before = [word.lower() for word in words[:-1]]
    is_surname = words[0].islower() or len(before) > 1
    return is_surname and before[0] in BEFORE_SURNAMES and PARTICLES.issuperset(before)


def _is_given_name_and_patronymic(words: list[str]) -> bool:
    """Whether a woman is addressed so in Russian or Ukrainian: "Анна Сергеевна"."""
    return len(words) == 2 and words[-1].lower().endswith(("вна", "ична"))


def _is_initials_only(words: list[str]) -> bool:
    """Whether the label is only initials: "J", "J. S.", "O'B" or "AS" alone."""
    alone = len(words) == 1 and words[0].isupper() and len(words[0]) <= 4
    return alone or all(_is_initial(word) for word in words)


def _has_half_initials(words: list[str], name: Name) -> bool:
    """Whether part of the name is only initials: "J. Doe", "Jane D." or "Jane VO"."""
    spelt_out = [word for word in name.key.split() if len(word) > 1 or not _has_case(word)]
    if len(spelt_out) < 2 or (len(words) == 2 and _is_initial(words[0])):  # "M. Doe-Roe"
        return True
    ends_short = _is_initial(words[-1]) or _is_abbreviation(words)
    return ends_short and not _is_one_letter_name(words)


def _is_one_letter_name(words: list[str]) -> bool:
    """Whether the last letter is a name: "Pilar de la O", "Mai Như Ý"."""
    last = words[-1]
    return len(last) == 1 and (not last.isascii() or fold(words[-2]) in PARTICLES)


def _is_initial(word: str) -> bool:
    return _has_case(word) and bool(_INITIALS.fullmatch(word))


def _is_abbreviation(words: list[str]) -> bool:
    """Whether the last word is up to three capitals, in a label that is not all capitals."""
    last = words[-1]
    return last.isupper() and len(last) <= 3 and not all(word.isupper() for word in words)


def _is_plausible(words: list[str], name: Name) -> bool:
    return (
        len(words) <= MAX_NAME_WORDS
        and _is_written_like_a_name(name.display.split())
        and _has_words_of_a_name(_plain_words(name.display))
    )


def _is_written_like_a_name(words: list[str]) -> bool:
    """Whether each word is capitalised or a particle, and the first is no acronym (NBC, SSX)."""
    around = zip(["", *words], words, [*words[1:], ""], strict=False)
    capitals = all(not _is_in_lower_case(w) or _is_particle(b, w, a) for b, w, a in around)
    is_acronym = words[0].isupper() and words[0].isalpha() and len(words[0]) == 3
    return capitals and not is_acronym and "VO" not in words


def _is_in_lower_case(word: str) -> bool:
    """Whether it could have a capital and has none; Georgian names have none."""
    return word.islower() and word.title() != word


def _is_particle(before: str, word: str, after: str) -> bool:
    if fold(before) in ("mac", "nic"):  # "Mac an Ghoill"
        return fold(word) in ("an", "na")
    if fold(word) in CONJUNCTIONS:  # "von und zu": of two people it was refused before
        return fold(after) in PARTICLES
    if fold(word) in SURNAME_PREPOSITIONS:
        return fold(after) in ARTICLES_IN_SURNAMES
    return fold(word) in PARTICLES | ARTICLES_IN_SURNAMES


def _has_words_of_a_name(words: list[str]) -> bool:
    """Whether no word shows a phrase or a thing. Accents count: Thế is not "the", Võ not "vo"."""
    if words[-1] in LEGAL_FORMS | INSTITUTIONS:
        return False
    surname = words[1:] if len(words) == 2 and words[1] in GRAMMAR_SURNAMES else []
    if (GRAMMAR | NOT_IN_NAMES) & set(words) - set(surname):
        return False
    if words[-1] in WEEKDAYS and words[0] in BEFORE_WEEKDAYS:
        return False
    if words[0] in FIRST_BEFORE_A_PARTICLE and words[1] not in PARTICLES:
        return False
    return not SELDOM_IN_NAMES & set(words[:-1] if len(words) == 2 else words)


def _plain_words(display: str) -> list[str]:
    """Words in lower case, without the hyphens and dots between them, but with their accents."""
    return re.findall(r"[^\W_]+", display.lower().replace("'", ""))


def _has_case(word: str) -> bool:
    return word.title() != word.lower()
