"""Names that are said on an episode: by a voice of itself, in a welcome, or just so; pure."""

# ruff: noqa: RUF001 - typographic apostrophes are found in transcripts

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import GRAMMAR, TITLES
from tasks.speakers.values import Introduction

Turn = tuple[str, str]

_PARTICLE = r"(?:(?:van|von|de|der|den|del|di|da|la|le|bin|ibn)\s)"
_WORD = r"[^\W\d_a-z][\w'’\-]*"
_NAME = re.compile(rf"(?<![\w'’\-]){_WORD}(?:\s{_PARTICLE}{{0,2}}{_WORD}){{0,3}}")
_OWN = re.compile(
    r"(?:\bi['’]?m|\bi am|\bmy name(?: is|['’]s)|\byour host(?: today)?(?: is)?,?)"
    r"\s+(?:your host,?\s+)?$",
    re.IGNORECASE,
)
# Of oneself only in the first words of a voice; later, of somebody else.
_THIS_IS = re.compile(r"\b(?:this is|it['’]s)\s+(?:your host,?\s+)?$", re.IGNORECASE)
_FIRST_WORDS = 80
_WELCOME = re.compile(
    r"(?:joined(?: today)? by|with (?:us|me|you)(?: today)?(?: is)?|sat down with|"
    r"\b(?:talk|speak|chat)\w* (?:to|with)|spoke (?:to|with)|guests?(?: today| for this episode)?"
    r"(?: is| are)?,?|welcome(?: back)?(?: to the (?:show|podcast))?,?|introduc\w+|interview\w*"
    r"(?: with)?|here (?:is|comes)|here['’]s|\b(?:call|caller|message|voicemail)s? from|"
    r"co-?host(?: today)?(?: is| which is)?,?|"
    r"next to|alongside|\bwe have(?: with us)?|"
    r"host today is|another (?:\w+ )?(?:caller|name)[^.]{0,40}(?:it['’]s|,)|\bit['’]s|"
    r"\bfrom|\bhere with)\s+"
    r"(?:my |our )?(?:good )?(?:co-?hosts?,? |guests?,? |friends?,? )?$",
    re.IGNORECASE,
)
_CUE_LENGTH = 90
# Turns at the beginning of an episode, and before each new voice.
_OPENING, _BEFORE = 40, 4
# A guest of this episode, where the others may be people who are only talked about.
_GUEST = re.compile(
    r"(?:joined(?: today)? by|with us(?: today)?(?: is)?|(?:my|our) guests?"
    r"(?: today| for this episode)?(?: is| are)?,?)\s+$",
    re.IGNORECASE,
)
_NO_NAMES = (
    GRAMMAR
    | TITLES
    | frozenset(
        fold(word)
        for word in """
    a an also alright am any anyway are as awesome because can cool do exactly great good
    hello hey hi how i just let like maybe my no nice now of ok okay on one or please really
    right she he so some sorry sure thank thanks that's then there they this today totally
    two very wait welcome well what who why will wow yeah yep yes you your i'm it's let's
    we're you're don't he's she's i've i'll what's there's here's hmm uh um oh all season
    episode
    """.split()  # noqa: SIM905 - a word list
    )
)


def read_introductions(segments: Iterable[Turn]) -> tuple[Introduction, ...]:
    """The names that are said in these segments (label, words), each name once for each voice.

    Names of one word are kept only where somebody says it of themselves.
    """
    turns, heard = turns_of(segments), set[str]()
    worth = _worth_reading([label for label, _ in turns])
    found: dict[tuple[str, str, bool], Introduction] = {}
    for number, (label, said) in enumerate(turns):
        following = turns[number + 1][0] if number + 1 < len(turns) else ""
        first = label not in heard
        heard.add(label)
        if number in worth:
            new = following if following not in heard else ""
            for one in _said(label, said, first=first, following=new):
                key = (fold(one.name), one.label if one.own else "", one.own)
                found[key] = _together(found[key], one) if key in found else one
    return tuple(found[key] for key in sorted(found))


def _worth_reading(labels: Sequence[str]) -> set[int]:
    """The first turns, and those before a voice is first heard: there people are introduced."""
    worth, heard = set(range(_OPENING)), set[str]()
    for number, label in enumerate(labels):
        if label not in heard:
            worth |= set(range(number - _BEFORE, number + 1))
            heard.add(label)
    return worth


def turns_of(segments: Iterable[Turn]) -> list[Turn]:
    """Segments of one voice in a row are one turn: captions cut names in two."""
    turns: list[tuple[str, list[str]]] = []
    for label, words in segments:
        if turns and turns[-1][0] == label:
            turns[-1][1].append(words)
        else:
            turns.append((label, [words]))
    return [(label, " ".join(words)) for label, words in turns]


def _together(one: Introduction, other: Introduction) -> Introduction:
    return replace(
        one,
        label=one.label or other.label,
        welcomed=one.welcomed or other.welcomed,
        guest=one.guest or other.guest,
        times=one.times + other.times,
    )


def names_in(said: str) -> Iterator[tuple[str, int]]:
    """Words with capitals in a row that may be a name, and where each begins; no acronyms."""
    for match in _NAME.finditer(said):
        words, begin = _without_words_of_no_name(match[0].split(" "), match.start())
        if words and not any(map(_is_acronym, words)):
            yield " ".join(words), begin


def _said(label: str, said: str, *, first: bool, following: str) -> Iterator[Introduction]:
    welcomed_before = -1
    for name, begin in names_in(said):
        end = begin + len(name)
        before = said[max(0, begin - _CUE_LENGTH) : begin]
        own = _is_own(before, said[end:], first=first and begin < _FIRST_WORDS)
        in_row = welcomed_before >= 0 and said[welcomed_before:begin].strip() in (
            "and",
            ",",
            ", and",
        )
        welcomed = not own and (bool(_WELCOME.search(before)) or in_row)
        welcomed_before = end if welcomed else -1
        if own or " " in name:
            voice = label if own else following
            guest = welcomed and bool(_GUEST.search(before))
            yield Introduction(name, voice, own=own, welcomed=welcomed, guest=guest, by=label)


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.isalpha()


def _is_own(before: str, after: str, *, first: bool) -> bool:
    if _OWN.search(before):
        return True
    return first and bool(_THIS_IS.search(before) or after.lstrip(" ,").lower().startswith("here"))


def _without_words_of_no_name(words: Sequence[str], begin: int) -> tuple[list[str], int]:
    """The words without "Hi" and "And" in front and what begins a new sentence behind."""
    kept = list(words)
    while kept and _is_of_no_name(kept[0]):
        begin += len(kept.pop(0)) + 1
    while kept and _is_of_no_name(kept[-1]):
        kept.pop()
    if kept and kept[-1].endswith(("'s", "’s")):
        kept[-1] = kept[-1][:-2]
    return kept, begin


@lru_cache(maxsize=16384)
def _is_of_no_name(word: str) -> bool:
    return fold(word) in _NO_NAMES
