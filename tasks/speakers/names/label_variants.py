"""Forms of a label that is not a full name: its parts, and names that other labels give it."""

# ruff: noqa: RUF001 - letters of many scripts

import re
from collections.abc import Mapping
from typing import NamedTuple

from tasks.speakers.names.label_parser import inside_brackets, parse_label, title_of
from tasks.speakers.names.names import comparable, read_name
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import JOBS, ROLES, TITLES
from tasks.speakers.values import Candidate, Name, SpeakerMatch
from tasks.transcripts.labels.non_person import is_non_person, is_sound
from tasks.transcripts.labels.vocabulary import word_set

_NUMBERED = re.compile(
    r"(?:(?:new|unknown|unidentified) )?(?:speaker|spk|voice|person|participant|sprecher(?:in)?|"
    r"oradora?|hablante|voz|falante|locuteur|locutrice|intervenante?|voix|voce|spreker|mówca|"
    r"спикер|мовець|говорящий|話者|发言人|说话人|화자|वक्ता|متحدث|المتحدث|konuşmacı|ομιλητής|דובר"
    r"|talare|taler|puhuja|mluvčí|beszélő|vorbitor|pembicara|ผู้พูด)[ _#-]?(?:\d{1,3}|[a-z])?",
    re.IGNORECASE,
)
# Reasons of labels that may be less than a full name.
IN_PARTS = ("one_word_name", "initials", "not_a_name")
_MAX_INITIALS = 4
_WORD = re.compile(r"[^\W\d_]+")
# Labels of several people, and of anybody.
_GROUPS = word_set(
    """
    audience crowd public everyone everybody all both group chorus together crosstalk inaudible
    unintelligible member members speakers voices hosts guests question questions answer answers q
    a qa publikum stimme stimmen zuschauer publico plateia pubblico publiek caller callers listener
    various several multiple
    """
)


# "M. Doe" is a man's title beside the same titles of women, and otherwise an initial.
_MONSIEUR, _MADAME = "M. ", ("mme", "mlle", "madame")
# A title may end a longer word: "Oberbürgermeister".
_PROFESSIONS = TITLES | JOBS
_ENDS_OF_PROFESSIONS = tuple(one for one in _PROFESSIONS if len(one) > 4)


class Form(NamedTuple):
    """Part of a name in comparable form, and whether it is in capitals, as initials are."""

    key: str
    capitals: bool


def forms_of(label: str, by_label: SpeakerMatch, matches: Mapping[str, SpeakerMatch]) -> list[Form]:
    """Forms that a label may be short for; empty for sounds, the audience and several people.

    ``matches`` has all labels of the episode: "Jane Doe (JD)" explains "JD".
    """
    text = parse_label(label).text
    if by_label.reason == "multiple_people":
        return _family_name_first(label)
    if by_label.reason not in IN_PARTS or not text:
        return []
    forms = [_form(text)]
    if label.startswith(_MONSIEUR) and any(title_of(other) in _MADAME for other in matches):
        forms.append(Form(comparable(label.removeprefix(_MONSIEUR)), capitals=False))
    for inside in inside_brackets(label):
        beside = read_name(inside)
        if beside and beside.words > 1:
            forms.append(Form(beside.key, capitals=False))
        elif beside:
            forms.append(Form(comparable(f"{text} {inside}"), capitals=False))
    for other, one in matches.items():
        if fold(text) in {fold(inside) for inside in inside_brackets(other)}:
            key = one.name.key if one.name else comparable(parse_label(other).text)
            forms.append(Form(key, capitals=False))
    return [form for form in forms if form.key]


def _family_name_first(label: str) -> list[Form]:
    """The form of "Doe, Jane" if it is one person, which only a candidate can confirm."""
    family, comma, given = label.partition(",")
    words = comparable(f"{given} {family}")
    return [Form(words, capitals=False)] if comma and "," not in given and " " in words else []


def _form(text: str) -> Form:
    letters = [c for c in text if c.isalpha()]
    short = 1 < len(letters) <= _MAX_INITIALS
    return Form(comparable(text), short and letters[0].isupper() and letters[-1].isupper())


def says_enough(label: str, kind: str, one: Candidate) -> bool:
    """Whether a surname or initials in a label are enough for a name that a text has once.

    An initial and the whole surname are ("J. Doe" of Jane Doe), and a title and the surname of a
    name of two words, unless the first of them is a title or a profession itself. A surname alone
    is enough where the text presents the person, or shows where the name begins.
    """
    is_clear = bool(one.role) or one.begins_clearly
    if kind == "initials":
        return is_clear or " " in comparable(parse_label(label).text)
    first, *_ = one.name.key.split()
    is_clear |= bool(title_of(label)) or label.startswith(_MONSIEUR)
    return is_clear and one.name.display.count(" ") == 1 and not _is_profession(first)


def _is_profession(word: str) -> bool:
    return word in _PROFESSIONS or word.endswith(_ENDS_OF_PROFESSIONS)


def is_numbered(label: str) -> bool:
    """Whether a label comes from diarization: Speaker 2, New Speaker."""
    return _NUMBERED.fullmatch(label.strip()) is not None


def is_unnamed(label: str) -> bool:
    """Whether a label is one person without a name: numbered, or a role; no sound and no group."""
    if is_numbered(label):
        return True
    if set(_WORD.findall(label.casefold())) & _GROUPS:
        return False
    is_role = fold(label) in ROLES or is_non_person(label)
    return is_role and bool(label) and not is_sound(label)


def is_handle(label: str, name: Name) -> bool:
    """Whether a label can be a handle of a person whose name it does not resemble.

    Lower case or a digit makes a handle. Capitals make one only of a name of one word: for a
    longer name they would be initials, and initials have to fit.
    """
    text = parse_label(label).text
    if " " in text or not text:
        return False
    capitals = text.isupper() and len(text) > 2 and name.words == 1
    return text[0].islower() or any(c.isdigit() for c in text) or capitals
