"""Name similarity: whether a part, initials, a nickname or a misspelling fits a name."""

from collections.abc import Callable
from functools import lru_cache
from itertools import groupby

from rapidfuzz.distance import DamerauLevenshtein

from tasks.speakers.names.nicknames import is_nickname
from tasks.speakers.names.vocabulary import PARTICLES

# Letters. Shorter words with one different letter are different names: Jon and Ron, Mat and Max.
_MIN_MISSPELT = 5
_MIN_SHORT = 3  # letters of a short form: Gui, Guilhermina
_MIN_TWICE_MISSPELT = 9
# Letters of names that sound alike.
_SOUNDS = (("th", "t"), ("ph", "f"), ("ck", "k"), ("y", "i"))
_FIRST_KANA = "\u3040"  # kana and Han come after all letters that have spaces between words


@lru_cache(maxsize=65536)
def match_kind(part: str, whole: str, *, capitals: bool = False) -> str:
    """How a part of a name fits a whole name, both in comparable form; '' when it does not.

    ``capitals`` is true when the part was written in capitals, as initials are. The result is a
    method of a match: ``same_name``, ``initials``, ``first_name``, ``surname``,
    ``part_of_name``, ``nickname`` or ``misspelt``.
    """
    if part == whole:
        return "same_name"
    words, names = part.split(), whole.split()
    if len(words) == len(names) == 1:
        return _kind_of_unspaced(part, whole)
    if not words or len(names) < 2:
        return ""
    return next((kind for kind, fits in _KINDS if fits(words, names, capitals)), "")


def _kind_of_unspaced(part: str, whole: str) -> str:
    """How a part fits a name in Han or kana, which has the surname first and no space."""
    if not 1 < len(part) < len(whole) or min(whole) < _FIRST_KANA:
        return ""
    if whole.startswith(part):
        return "surname"
    return "first_name" if whole.endswith(part) else ""


def _are_initials(words: list[str], names: list[str], capitals: bool) -> bool:
    """Two or more first letters: of the first words, of those without particles, or of the ends."""
    letters = "".join(words)
    if not capitals or len(letters) < 2:
        return False
    first = "".join(name[0] for name in names)
    plain = "".join(name[0] for name in names if name not in PARTICLES)
    ends = first[0] + first[-1]
    return letters == ends or first.startswith(letters) or plain.startswith(letters)


def _is_initial_and_surname(words: list[str], names: list[str], _: bool) -> bool:
    """Initials of the given names before the whole surname: "J. Doe", "J. R. Doe"."""
    if len(words) < 2 or len(words) > len(names):
        return False
    initials, *surname = words
    given = names[: -len(surname)]
    letters = "".join(name[0] for name in given)
    return names[-len(surname) :] == surname and letters.startswith(initials)


def _is_first_name(words: list[str], names: list[str], _: bool) -> bool:
    return len(words) < len(names) and names[: len(words)] == words and len(words[0]) > 1


def _is_surname(words: list[str], names: list[str], _: bool) -> bool:
    return len(words) < len(names) and names[-len(words) :] == words and len(words[0]) > 1


def _is_shortened(words: list[str], names: list[str], _: bool) -> bool:
    """The full first name with the first letters of the surname: Jane D, Jane O'B."""
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


_KINDS: tuple[tuple[str, Callable[[list[str], list[str], bool], bool]], ...] = (
    ("initials", _are_initials),
    ("initials", _is_initial_and_surname),
    ("first_name", _is_first_name),
    ("surname", _is_surname),
    ("part_of_name", _is_shortened),
    ("nickname", _is_nickname),
    ("misspelt", _is_misspelt),
)


def is_misspelt(word: str, other_word: str) -> bool:
    """Whether a word can be a misspelling of another, with one or two letters wrong.

    Letters are added, removed, changed or swapped. The first letters must agree, and so must
    endings that distinguish families (Hansen, Hanson).
    """
    length = min(len(word), len(other_word))
    if word == other_word or word[0] != other_word[0] or length < _MIN_MISSPELT:
        return False
    if DamerauLevenshtein.distance(word, other_word) > (2 if length >= _MIN_TWICE_MISSPELT else 1):
        return False
    return not _are_different_families(word, other_word)


def _are_different_families(word: str, other_word: str) -> bool:
    endings = ("son", "sen", "sson", "ssen", "berg", "burg", "mann", "man", "man", "ov", "ova")
    return any(
        {word, other_word} == {stem + end, stem + another}
        for end in endings
        for another in endings
        if end != another and word.endswith((end, another))
        for stem in [word.removesuffix(end), word.removesuffix(another)]
    )


@lru_cache(maxsize=65536)
def is_misspelt_name(name: str, other: str) -> bool:
    """Whether a full name is a misspelling of another: all words but one are the same.

    A nickname is not a misspelling: Daniel and Danny Thompson are two people. So are Erikson and
    Ericksen.
    """
    words, other_words = name.split(), other.split()
    if len(words) != len(other_words) or len(words) < 2:
        return False
    different = [(a, b) for a, b in zip(words, other_words, strict=True) if a != b]
    return len(different) == 1 and is_misspelt(*different[0]) and not is_nickname(*different[0])


def is_short_form(short: str, name: str) -> bool:
    """Whether a word is the beginning of a first name: Inma of Inmaculada, Rosi of Rosalinde."""
    first = name.split(maxsplit=1)[0]
    stem = short.removesuffix("ie") if short.endswith("ie") else short.rstrip("iy")
    begins = len(short) >= _MIN_SHORT and first.startswith(short)
    return first != short and (begins or (len(stem) >= _MIN_SHORT and first.startswith(stem)))


def is_near_name(name: str, other: str) -> bool:
    """Whether the first words of two full names differ by a letter at most, and share a surname.

    Jimena Orduna, Ximena Orduña-Beltrán. That is no evidence without the speaker's own word.
    """
    (first, *surnames), (other_first, *others) = name.split(), other.split()
    is_near = DamerauLevenshtein.distance(first, other_first) <= 1 and len(first) >= _MIN_MISSPELT
    return is_near and not set(surnames).isdisjoint(others)


def has_swapped_letters(label: str, other: str) -> bool:
    """Whether two words differ in the order of two neighbouring letters: Palmoa, Paloma."""
    if label == other or len(label) < _MIN_MISSPELT or label[0] != other[0]:
        return False
    return sorted(label) == sorted(other) and DamerauLevenshtein.distance(label, other) == 1


def sound_alike(name: str, other: str) -> bool:
    """Whether two names are spellings of one: Katarina, Katharina; Merowby, Merrowby."""
    return name != other and _as_heard(name) == _as_heard(other)


def _as_heard(name: str) -> str:
    for letters, sound in _SOUNDS:
        name = name.replace(letters, sound)
    return _once(name)


def _once(name: str) -> str:
    return "".join(letter for letter, _ in groupby(name))


def shorter_forms(key: str) -> list[str]:
    """A full name without its middle initials, and one without its last word; keys."""
    first, *middle, last = key.split() if " " in key else (key, "")
    plain = " ".join([first, *(word for word in middle if len(word) > 1), last]).strip()
    shorter = " ".join([first, *middle]) if middle else ""
    return [form for form in (plain, shorter) if form != key and " " in form]


def family_name_last(key: str) -> str:
    """Move the first word of a name to its end: "doe jane" becomes "jane doe"."""
    family, _, given = key.partition(" ")
    return f"{given} {family}" if given else key


@lru_cache(maxsize=65536)
def is_misheard_name(spoken: str, key: str) -> bool:
    """Whether a transcribed name can be this name: Nikki Vazou, Niki Vazou.

    Less must agree than in a label that a publisher wrote: the name only selects a candidate.
    """
    words, key_words = spoken.split(), key.split()
    if len(words) != len(key_words) or len(words) < 2:
        return False
    return all(
        a == b or (a[0] == b[0] and DamerauLevenshtein.distance(a, b) <= 2)
        for a, b in zip(words, key_words, strict=True)
    )
