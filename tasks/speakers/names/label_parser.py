"""A label taken apart: the name in it, and the role, times and signs that were put around it."""

# ruff: noqa: RUF001, RUF003 - dashes, quotes and apostrophes of every kind are found in labels

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from tasks.speakers.names.unicode_fold import fix_mixed_scripts, fold, is_word_char
from tasks.speakers.names.vocabulary import (
    CREDENTIALS,
    CREDENTIALS_BEHIND_A_COMMA,
    GENERATIONS,
    JOBS,
    JOINING,
    PRONOUNS,
    ROLES,
    TITLES,
    TOGETHER,
)
from tasks.speakers.values import LabelReading

# The longest name that we have seen has 60 characters; a longer label is a sentence.
LONGEST_LABEL = 120

_TIME = re.compile(r"[@\[(]?\s*\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?\s*[])]?")
# "Jane Doe – 00": a time that was cut at its first colon.
_CUT_TIME = re.compile(r"\s*[-–—]?\s+0\d$|\s*[-–—]\s*0\d$")
_BRACKETED = re.compile(
    r"[(\[{<]([^][(){}<>]*)[])}>]|[\"“”„«]([^\"“”«»]*)[\"“”»]|(?<=\s)'([^']+)'(?=\s)"
)
_BROKEN_BRACKET = re.compile(r"\s[(\[{<][^])}>]*$")
_DASH = re.compile(r"\s*[|—•]\s*|\s+[-–]+\s*|[-–]+\s+|[-–]+$")
_BETWEEN_PEOPLE = re.compile(r"[&+/;]")
_APOSTROPHES = re.compile("[’‘‛`´ʼ′]")


def read_label(label: str) -> LabelReading:
    """The label taken apart; a label without exactly one name has no text.

    Family-name-first is not guessed: words stay in the order published, and "Doe, Jane" cannot
    be told from two people, so it counts as joint.
    """
    reading = LabelReading(_clean(label))
    while (simpler := _simplified(reading)) != reading:
        reading = simpler
    return reading


def inside_brackets(label: str) -> list[str]:
    """What stands in brackets or quotes beside the name: initials, an employer, the real name."""
    text = _TIME.sub(" ", _clean(label))
    parts = [] if _BRACKETED.fullmatch(text) else _BRACKETED.finditer(text)
    return [inside for part in parts if (inside := _inside(part))]


def _simplified(reading: LabelReading) -> LabelReading:
    for step in _STEPS:
        if reading.text:
            reading = step(reading)
    return reading


def _clean(label: str) -> str:
    """Printable letters of one width in one space, without emoji."""
    if len(label) > LONGEST_LABEL:
        return ""
    kept = _APOSTROPHES.sub("'", "".join(c for c in label if not _is_decoration(c)))
    # NFKC may bring apostrophes back (it takes a letter like \u0149 apart), hence twice.
    composed = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", kept))
    return " ".join(composed.split())


def _is_decoration(character: str) -> bool:
    """Emoji, their modifiers and selectors, controls, private and unassigned code points."""
    category = unicodedata.category(character)
    return (
        category in ("So", "Sk", "Cf", "Co", "Cn", "Cs", "Me") and character not in "`´"
    ) or "\ufe00" <= character <= "\ufe0f"


def _without_times(reading: LabelReading) -> LabelReading:
    return replace(reading, text=_CUT_TIME.sub("", _TIME.sub(" ", reading.text)).strip())


def _without_brackets(reading: LabelReading) -> LabelReading:
    """Bracketed and quoted parts are roles, nicknames, employers: beside the name, not in it."""
    text, role = reading.text, reading.role
    if whole := _BRACKETED.fullmatch(text):
        return replace(reading, text=_inside(whole))
    for part in _BRACKETED.finditer(text):
        role = role or ROLES.get(fold(_inside(part)), "")
    return replace(reading, text=_BROKEN_BRACKET.sub("", _BRACKETED.sub(" ", text)), role=role)


def _inside(bracketed: re.Match[str]) -> str:
    return next((group for group in bracketed.groups() if group), "").strip()


def _without_colon(reading: LabelReading) -> LabelReading:
    before, colon, after = (part.strip() for part in reading.text.partition(":"))
    if not colon:
        return reading
    if fold(before) == fold(after) or not after:
        return replace(reading, text=before)
    return _one_of(reading, [before, after])


def _without_dashes(reading: LabelReading) -> LabelReading:
    parts = [part for part in _DASH.split(reading.text) if part]
    return reading if parts == [reading.text] else _one_of(reading, parts)


def _without_commas(reading: LabelReading) -> LabelReading:
    first, *more = (part.strip() for part in reading.text.split(","))
    if not more:
        return reading
    generations = [part for part in more if _squeezed(part) in GENERATIONS]
    credentials = [part for part in more if _are_credentials(part)]
    others = [part for part in more if part and part not in generations + credentials]
    kept = _one_of(reading, [part for part in (first, *others) if part])
    if not kept.text:
        return replace(kept, joint=True)
    return replace(kept, text=" ".join([kept.text, *generations]))


def _one_of(reading: LabelReading, parts: list[str]) -> LabelReading:
    """The only part that is not a role or a job; no text when it is not exactly one."""
    names = [part for part in parts if not _is_beside_a_name(part)]
    roles = [ROLES[folded] for part in parts if (folded := fold(part)) in ROLES]
    role = reading.role or next(iter(roles), "")
    return replace(reading, text=names[0] if len(names) == 1 else "", role=role)


def _is_beside_a_name(part: str) -> bool:
    words = fold(part).split()
    return " ".join(words) in ROLES or not words or words[0] in JOBS or set(words) <= PRONOUNS


def _without_role_in_front(reading: LabelReading) -> LabelReading:
    words = reading.text.split(" ")
    for length in (2, 1):
        folded, rest = fold(" ".join(words[:length])), " ".join(words[length:])
        if folded in ROLES and fold(rest) and not fold(rest).isdigit():
            return replace(reading, text=rest, role=reading.role or ROLES[folded])
    return reading


def _without_titles(reading: LabelReading) -> LabelReading:
    first, _, rest = reading.text.partition(" ")
    return replace(reading, text=rest) if rest and _squeezed(first) in TITLES else reading


def _without_credentials(reading: LabelReading) -> LabelReading:
    words = reading.text.split(" ")
    for length in (1, 2):
        if len(words) >= length + 2 and _squeezed(" ".join(words[-length:])) in CREDENTIALS:
            return replace(reading, text=" ".join(words[:-length]))
    return reading


def _are_credentials(part: str) -> bool:
    known = CREDENTIALS | CREDENTIALS_BEHIND_A_COMMA
    return _squeezed(part) in known or _squeezed(part.partition(" ")[0]) in known


def _squeezed(words: str) -> str:
    return fold(words).replace(" ", "")


def _of_one_person(reading: LabelReading) -> LabelReading:
    sides = [side for side in _BETWEEN_PEOPLE.split(reading.text) if fold(side)]
    words = fold(reading.text).split()
    joined = len(sides) > 1 or JOINING & set(words[1:-1]) or set(words) & TOGETHER == set(words)
    return LabelReading("", reading.role, joint=True) if words and joined else reading


def _without_signs(reading: LabelReading) -> LabelReading:
    kept = "".join(c if is_word_char(c) or c in ".'-" else " " for c in reading.text)
    words = [word for word in fix_mixed_scripts(kept).split() if any(map(str.isalnum, word))]
    text = " ".join(words).strip(" -'").lstrip(".")
    # A dot belongs to what it shortens: "Jr." and "J." keep theirs, a sentence does not.
    short = len(text.rstrip(".").split(" ")[-1]) <= 3
    return replace(reading, text=text if short else text.rstrip("."))


_STEPS: tuple[Callable[[LabelReading], LabelReading], ...] = (
    _without_times,
    _without_brackets,
    _without_colon,
    _without_dashes,
    _without_commas,
    _without_role_in_front,
    _of_one_person,
    _without_titles,
    _without_credentials,
    _without_signs,
)
