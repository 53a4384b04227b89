"""Parse a label: the name in it, and the role, times and signs around the name."""

# ruff: noqa: RUF001, RUF003 - dashes, quotes and apostrophes of every kind are found in labels

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from tasks.speakers.names.unicode_fold import fix_mixed_scripts, fold, is_word_char
from tasks.speakers.names.vocabulary import (
    CONJUNCTIONS,
    CONJUNCTIONS_IN_SURNAMES,
    CREDENTIALS,
    CREDENTIALS_AFTER_COMMA,
    GENERATIONS,
    JOBS,
    ORGANISATIONS,
    PARTICLES,
    PRONOUNS,
    ROLES,
    TITLE_PARTS,
    TITLES,
    TITLES_BEFORE_A_FULL_NAME,
    TITLES_BEHIND,
    TITLES_WITH_A_DOT,
    TOGETHER,
)
from tasks.speakers.values import ParsedLabel
from tasks.transcripts.labels.non_person import is_non_person

# Characters. The longest known name has 60; a longer label is a sentence.
MAX_NAME_LABEL = 120

_TIME = re.compile(r"[@\[(]?\s*\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?\s*[])]?")
# "Jane Doe – 00": a time that was cut off at its first colon.
_CUT_TIME = re.compile(r"\s*[-–—]?\s+0\d$|\s*[-–—]\s*0\d$")
_BRACKETED = re.compile(
    r"[(\[{<]([^][(){}<>]*)[])}>]|[\"“”„«]([^\"“”«»]*)[\"“”»]|(?<=\s)'([^']+)'(?=\s)"
)
_BROKEN_BRACKET = re.compile(r"\s[(\[{<][^])}>]*$")
_DASH = re.compile(r"\s*[|—•]\s*|\s+[-–]+\s*|[-–]+\s+|[-–]+$")
_BETWEEN_PEOPLE = re.compile(r"[&+/;]")
# "Mira Voss from Acme": a full name, and what may be a company or a place.
_ORIGIN = re.compile(r"(?P<name>\S+ \S.*?) from (?:the )?[A-Z0-9]\S*(?: \S+){0,2}")
# Names that meeting programs take from a device: "Mira's iPad", "iPhone von Mira".
_DEVICES = (
    r"(?:iPad|iPhone|MacBook(?: Pro| Air)?|Mac|laptop|phone|computer|PC|tablet|telefoon|handy"
    r"|telefon|téléphone|ordinateur|teléfono|móvil|celular|telefono|portátil|notebook)"
)
_OWNED = re.compile(
    rf"(?P<owner>.+)'s {_DEVICES}|{_DEVICES} (?:von|de|di|van) (?P<of>.+)", re.IGNORECASE
)
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_APOSTROPHES = re.compile("[’‘‛`´ʼ′]")


def parse_label(label: str) -> ParsedLabel:
    """Parse a label; without exactly one name the text is empty.

    The words stay in the published order: family-name-first is not guessed. "Doe, Jane" could be
    two people, so it counts as joint.
    """
    parsed = ParsedLabel(_clean(label))
    while (simpler := _simplified(parsed)) != parsed:
        parsed = simpler
    return parsed


def title_of(label: str) -> str:
    """The title before a name or a part of one, in comparable form; '' without one."""
    first, _, rest = _clean(label).partition(" ")
    return _without_spaces(first) if rest and _is_title(first, rest) else ""


def inside_brackets(label: str) -> list[str]:
    """Text in brackets or quotes beside the name: initials, an employer, the real name."""
    text = _TIME.sub(" ", _clean(label))
    parts = [] if _BRACKETED.fullmatch(text) else _BRACKETED.finditer(text)
    return [inside for part in parts if (inside := _inside(part))]


def _simplified(parsed: ParsedLabel) -> ParsedLabel:
    for step in _STEPS:
        if parsed.text:
            parsed = step(parsed)
    return parsed


def _clean(label: str) -> str:
    """The label with normal-width letters and single spaces, without emoji."""
    if len(label) > MAX_NAME_LABEL:
        return ""
    plain = _APOSTROPHES.sub("'", "".join(c for c in label if not _is_decoration(c)))
    # NFKC may add apostrophes (it decomposes letters such as \u0149), hence twice.
    composed = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", plain))
    return " ".join(composed.split())


def _is_decoration(character: str) -> bool:
    """Whether it is an emoji, modifier, selector, control, private or unassigned code point."""
    category = unicodedata.category(character)
    return (
        category in ("So", "Sk", "Cf", "Co", "Cn", "Cs", "Me") and character not in "`´"
    ) or "\ufe00" <= character <= "\ufe0f"


def _without_times(parsed: ParsedLabel) -> ParsedLabel:
    return replace(parsed, text=_CUT_TIME.sub("", _TIME.sub(" ", parsed.text)).strip())


def _without_brackets(parsed: ParsedLabel) -> ParsedLabel:
    """Remove bracketed and quoted parts: roles, nicknames and employers are not the name."""
    text, role = parsed.text, parsed.role
    if whole := _BRACKETED.fullmatch(text):
        return replace(parsed, text=_inside(whole))
    for part in _BRACKETED.finditer(text):
        role = role or ROLES.get(fold(_inside(part)), "")
    return replace(parsed, text=_BROKEN_BRACKET.sub("", _BRACKETED.sub(" ", text)), role=role)


def _inside(bracketed: re.Match[str]) -> str:
    return next((group for group in bracketed.groups() if group), "").strip()


def _without_device(parsed: ParsedLabel) -> ParsedLabel:
    owned = _OWNED.fullmatch(parsed.text)
    return replace(parsed, text=owned["owner"] or owned["of"]) if owned else parsed


def _without_colon(parsed: ParsedLabel) -> ParsedLabel:
    before, colon, after = (part.strip() for part in parsed.text.partition(":"))
    if not colon:
        return parsed
    if fold(before) == fold(after) or not after:
        return replace(parsed, text=before)
    return _only_name(parsed, [before, after])


def _without_dashes(parsed: ParsedLabel) -> ParsedLabel:
    parts = [part for part in _DASH.split(parsed.text) if part]
    return parsed if parts == [parsed.text] else _only_name(parsed, parts)


def _without_pronouns(parsed: ParsedLabel) -> ParsedLabel:
    """Remove pronouns behind the name: "Mira Voss she/her"."""
    before, _, last = parsed.text.rpartition(" ")
    pronouns = set(fold(last).split())
    return replace(parsed, text=before) if "/" in last and pronouns <= PRONOUNS else parsed


def _without_company(parsed: ParsedLabel) -> ParsedLabel:
    """Remove a company: "Mira Voss/Acme", "Mira Voss @ Acme Labs", "Mira Voss from Acme"."""
    origin = _ORIGIN.fullmatch(parsed.text)
    if origin and not is_non_person(origin["name"]):
        return replace(parsed, text=origin["name"])
    name, at, company = parsed.text.partition(" @ ")
    if at and len(name.split()) > 1:
        return replace(parsed, text=name)
    name, slash, company = parsed.text.partition("/")
    full = len(name.split()) > 1 and not name.endswith(" ")
    is_company = company and (not re.search(r"[\s/]", company) or _is_organisation(company))
    return replace(parsed, text=name) if slash and full and is_company else parsed


def _is_organisation(part: str) -> bool:
    words = fold(part).split()
    return len(words) > 1 and words[-1] in ORGANISATIONS


def _without_commas(parsed: ParsedLabel) -> ParsedLabel:
    first, *more = (part.strip() for part in parsed.text.split(","))
    if not more:
        return parsed
    generations = [part for part in more if _without_spaces(part) in GENERATIONS]
    credentials = [part for part in more if _are_credentials(part)]
    others = [part for part in more if part and part not in generations + credentials]
    name = _only_name(parsed, [part for part in (first, *others) if part])
    if not name.text:
        return replace(name, joint=True)
    return replace(name, text=" ".join([name.text, *generations]))


def _only_name(parsed: ParsedLabel, parts: list[str]) -> ParsedLabel:
    """The only part that is not a role or a job; no text when there is not exactly one."""
    names = [part for part in parts if not _is_beside_a_name(part)]
    full = [part for part in names if len(part.split()) > 1]
    names = full if len(names) == 2 and len(full) == 1 else names  # "Mira Voss - Acme"
    roles = [ROLES[folded] for part in parts if (folded := fold(part)) in ROLES]
    role = parsed.role or next(iter(roles), "")
    return replace(parsed, text=names[0] if len(names) == 1 else "", role=role)


def _is_beside_a_name(part: str) -> bool:
    words = fold(part).split()
    if not words or words[0] in JOBS or set(words) <= PRONOUNS:
        return True
    return " ".join(words) in ROLES or _is_organisation(part)


def _without_role_in_front(parsed: ParsedLabel) -> ParsedLabel:
    words = parsed.text.split(" ")
    for length in (2, 1):
        folded, rest = fold(" ".join(words[:length])), " ".join(words[length:])
        if folded in ROLES and fold(rest) and not fold(rest).isdigit():
            return replace(parsed, text=rest, role=parsed.role or ROLES[folded])
    return parsed


def _without_titles(parsed: ParsedLabel) -> ParsedLabel:
    first, _, rest = parsed.text.partition(" ")
    if not rest or not _is_title(first, rest):
        return parsed
    words = rest.split(" ")
    while len(words) > 1 and words[0].endswith(".") and fold(words[0]) in TITLE_PARTS:
        words.pop(0)  # "Dr. med. univ."
    return replace(parsed, text=" ".join(words))


def _is_title(first: str, rest: str) -> bool:
    word = _without_spaces(first)
    if word in TITLES_WITH_A_DOT:
        return first.endswith(".")
    if word in TITLES_BEFORE_A_FULL_NAME:
        return first.endswith(".") or " " in rest
    return word in TITLES


def _without_titles_behind(parsed: ParsedLabel) -> ParsedLabel:
    name, _, last = parsed.text.rpartition(" ")
    return replace(parsed, text=name) if name and fold(last) in TITLES_BEHIND else parsed


def _without_credentials(parsed: ParsedLabel) -> ParsedLabel:
    words = parsed.text.split(" ")
    for length in (1, 2):
        if len(words) >= length + 2 and _without_spaces(" ".join(words[-length:])) in CREDENTIALS:
            return replace(parsed, text=" ".join(words[:-length]))
    return parsed


def _are_credentials(part: str) -> bool:
    credentials = CREDENTIALS | CREDENTIALS_AFTER_COMMA
    return _without_spaces(part) in credentials or (
        _without_spaces(part.partition(" ")[0]) in credentials
    )


def _without_spaces(words: str) -> str:
    return fold(words).replace(" ", "")


def _reject_several_people(parsed: ParsedLabel) -> ParsedLabel:
    sides = [side for side in _BETWEEN_PEOPLE.split(parsed.text) if fold(side)]
    words = fold(parsed.text).split()
    joined = len(sides) > 1 or _has_conjunction(words) or _are_two_full_names(words)
    joined = joined or set(words) & TOGETHER == set(words)
    return ParsedLabel("", parsed.role, joint=True) if words and joined else parsed


def _has_conjunction(words: list[str]) -> bool:
    """Whether two people are joined; "von und zu" is within one surname."""
    neighbours = zip(words, words[1:], words[2:], strict=False)
    return any(
        word in CONJUNCTIONS and not {before, after} <= PARTICLES
        for before, word, after in neighbours
    )


def _are_two_full_names(words: list[str]) -> bool:
    """Whether there is a full name on both sides: "Ana Reis e Rui Dorn", not "Ortega y Gasset"."""
    within = [number for number, word in enumerate(words) if word in CONJUNCTIONS_IN_SURNAMES]
    sides = ((words[:number], words[number + 1 :]) for number in within)
    return any(
        len(set(before) - PARTICLES) > 1 < len(set(after) - PARTICLES) for before, after in sides
    )


def _without_signs(parsed: ParsedLabel) -> ParsedLabel:
    signs = ".'-\u05be"  # with Hebrew's hyphen
    if _EAST_ASIAN.search(parsed.text):
        signs += "\u30fb\u00b7"
    plain = "".join(c if is_word_char(c) or c in signs else " " for c in parsed.text)
    words = [word for word in fix_mixed_scripts(plain).split() if any(map(str.isalnum, word))]
    text = " ".join(words).strip(" -'").lstrip(".")
    # A dot belongs to an abbreviation: "Jr." and "J." keep it, the end of a sentence does not.
    short = len(text.rstrip(".").split(" ")[-1]) <= 3
    return replace(parsed, text=text if short else text.rstrip("."))


_STEPS: tuple[Callable[[ParsedLabel], ParsedLabel], ...] = (
    _without_times,
    _without_brackets,
    _without_device,
    _without_pronouns,
    _without_company,
    _without_colon,
    _without_dashes,
    _without_commas,
    _without_role_in_front,
    _reject_several_people,
    _without_titles,
    _without_titles_behind,
    _without_credentials,
    _without_signs,
)
