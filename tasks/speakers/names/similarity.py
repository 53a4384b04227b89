"""Whether part of a name, an initial, a nickname or a misspelling fits a whole name."""

from collections.abc import Callable
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from tasks.speakers.names.nicknames import is_nickname
from tasks.speakers.names.vocabulary import PARTICLES

# Shorter words are different names when one letter differs: Jon and Ron, Mat and Max.
_SHORTEST_MISSPELT = 5
_SHORTEST_TWICE_MISSPELT = 9


@lru_cache(maxsize=65536)
def match_kind(part: str, whole: str, *, capitals: bool = False) -> str:
    """How a part of a name fits a whole one, both in comparable form; '' when it does not.

    ``capitals`` tells that the part was written in capitals, as initials are. The answers are
    the methods of a decision: ``same_name``, ``initials``, ``first_name``, ``surname``,
    ``part_of_name``, ``nickname``, ``misspelt``.
    """
    if part == whole:
        return "same_name"
    words, names = part.split(), whole.split()
    if not words or len(names) < 2:
        return ""
    return next((how for how, fits in _WAYS if fits(words, names, capitals)), "")


def _are_initials(words: list[str], names: list[str], capitals: bool) -> bool:
    """Two letters or more: of all words or the first, with particles or without, or of the ends."""
    letters = "".join(words)
    if not capitals or len(letters) < 2:
        return False
    first = "".join(name[0] for name in names)
    plain = "".join(name[0] for name in names if name not in PARTICLES)
    ends = first[0] + first[-1]
    return letters == ends or first.startswith(letters) or plain.startswith(letters)


def _is_first_name(words: list[str], names: list[str], _: bool) -> bool:
    return len(words) < len(names) and names[: len(words)] == words and len(words[0]) > 1


def _is_surname(words: list[str], names: list[str], _: bool) -> bool:
    return len(words) < len(names) and names[-len(words) :] == words and len(words[0]) > 1


def _is_shortened(words: list[str], names: list[str], _: bool) -> bool:
    """The first name as it is, and the surname by its first letters: Jane D, Jane O'B."""
    if len(words) < 2:
        return False
    *given, last = words
    surnames = ["".join(names[len(given) :]), *names[len(given) :]]
    return (
        names[: len(given)] == given
        and len(given[0]) > 1
        and len(last) <= 3
        and any(name.startswith(last) and name != last for name in surnames)
    )


def _is_nickname(words: list[str], names: list[str], _: bool) -> bool:
    return len(words) == 1 and is_nickname(words[0], names[0])


def _is_misspelt(words: list[str], names: list[str], _: bool) -> bool:
    return len(words) == 1 and is_misspelt(words[0], names[0])


_WAYS: tuple[tuple[str, Callable[[list[str], list[str], bool], bool]], ...] = (
    ("initials", _are_initials),
    ("first_name", _is_first_name),
    ("surname", _is_surname),
    ("part_of_name", _is_shortened),
    ("nickname", _is_nickname),
    ("misspelt", _is_misspelt),
)


def is_misspelt(one: str, other: str) -> bool:
    """Whether two words of names may be one, misspelt: a letter more, less, other, or two swapped.

    The first letter must agree, and an ending that tells families apart (Hansen, Hanson) too.
    """
    if one == other or one[0] != other[0] or min(len(one), len(other)) < _SHORTEST_MISSPELT:
        return False
    most = 2 if min(len(one), len(other)) >= _SHORTEST_TWICE_MISSPELT else 1
    return DamerauLevenshtein.distance(one, other) <= most and not _are_two_families(one, other)


def _are_two_families(one: str, other: str) -> bool:
    endings = ("son", "sen", "sson", "ssen", "berg", "burg", "mann", "man", "man", "ov", "ova")
    return any(
        {one, other} == {stem + end, stem + another}
        for end in endings
        for another in endings
        if end != another and one.endswith((end, another))
        for stem in [one.removesuffix(end), one.removesuffix(another)]
    )


@lru_cache(maxsize=65536)
def is_misspelt_name(name: str, of: str) -> bool:
    """Whether a full name is another one misspelt: the same words but one, and that one misspelt.

    A word that is one letter longer or shorter at most, and not another common name: Daniel and
    Danny Thompson are two, and so are Erikson and Ericksen.
    """
    words, others = name.split(), of.split()
    if len(words) != len(others) or len(words) < 2:
        return False
    different = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    return len(different) == 1 and is_misspelt(*different[0]) and not is_nickname(*different[0])


def shorter_forms(key: str) -> list[str]:
    """A full name without middle initials, and without its last word: Jane B Doe, Ana Ruiz Mena."""
    first, *middle, last = key.split() if " " in key else (key, "")
    plain = " ".join([first, *(word for word in middle if len(word) > 1), last]).strip()
    shorter = " ".join([first, *middle]) if middle else ""
    return [form for form in (plain, shorter) if form != key and " " in form]


def family_name_last(key: str) -> str:
    """A full name whose first word is the family name, in the other order: Doe Jane."""
    family, _, given = key.partition(" ")
    return f"{given} {family}" if given else key


@lru_cache(maxsize=65536)
def is_misheard_name(said: str, key: str) -> bool:
    """Whether a name that was heard and written down can be this one: Nikki Vazou, Niki Vazou.

    Less must agree than where a publisher wrote a label, for nothing follows but whom it is about.
    """
    words, others = said.split(), key.split()
    if len(words) != len(others) or len(words) < 2:
        return False
    return all(
        one == other or (one[0] == other[0] and DamerauLevenshtein.distance(one, other) <= 2)
        for one, other in zip(words, others, strict=True)
    )
