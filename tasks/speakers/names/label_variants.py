"""The forms of a label that is no full name: what stands in it, beside it, and for it elsewhere."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from tasks.speakers.names.label_parser import inside_brackets, read_label
from tasks.speakers.names.names import comparable, read_name
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.values import Decision, Name

_NUMBERED = re.compile(
    r"(?:(?:new|unknown|unidentified) )?(?:speaker|spk|voice|person|participant|sprecher(?:in)?|"
    r"orador|hablante|locuteur)[ _#-]?(?:\d{1,3}|[a-z])?",
    re.IGNORECASE,
)
_PARTS = ("one_word_name", "initials", "not_a_name")
_LONGEST_INITIALS = 4


class Form(NamedTuple):
    """Part of a name in comparable form, and whether it was in capitals, as initials are."""

    key: str
    capitals: bool


def forms_of(label: str, alone: Decision, decided: Mapping[str, Decision]) -> list[Form]:
    """What the label may be short for; empty for sounds, the audience, several people.

    ``decided`` are the labels of the episode: "Jane Doe (JD)" tells what "JD" is.
    """
    text = read_label(label).text
    if alone.reason == "multiple_people":
        return _family_name_first(label)
    if alone.reason not in _PARTS or not text:
        return []
    forms = [_form(text)]
    for inside in inside_brackets(label):
        beside = read_name(inside)
        if beside and beside.words > 1:
            forms.append(Form(beside.key, capitals=False))
        elif beside:
            forms.append(Form(comparable(f"{text} {inside}"), capitals=False))
    for other, decision in decided.items():
        if fold(text) in {fold(inside) for inside in inside_brackets(other)}:
            key = decision.name.key if decision.name else comparable(read_label(other).text)
            forms.append(Form(key, capitals=False))
    return [form for form in forms if form.key]


def _family_name_first(label: str) -> list[Form]:
    """What "Doe, Jane" is if it is one person, which only a candidate can tell."""
    family, comma, given = label.partition(",")
    words = comparable(f"{given} {family}")
    return [Form(words, capitals=False)] if comma and "," not in given and " " in words else []


def _form(text: str) -> Form:
    letters = [c for c in text if c.isalpha()]
    short = 1 < len(letters) <= _LONGEST_INITIALS
    return Form(comparable(text), short and letters[0].isupper() and letters[-1].isupper())


def is_numbered(label: str) -> bool:
    """Whether the label is one of a program that told voices apart: Speaker 2, New Speaker."""
    return _NUMBERED.fullmatch(label.strip()) is not None


def is_handle(label: str, of: Name) -> bool:
    """Whether a label can be a handle of somebody whom it does not resemble.

    Small letters or digits make one; capitals only for a name of one word, as initials of two
    would have to agree.
    """
    text = read_label(label).text
    if " " in text or not text:
        return False
    capitals = text.isupper() and len(text) > 2 and of.words == 1
    return text[0].islower() or any(c.isdigit() for c in text) or capitals
