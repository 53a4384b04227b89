"""Spoken introductions: names in self-introductions, in welcomes, or only mentioned; pure."""

# ruff: noqa: RUF001 - typographic apostrophes are found in transcripts

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from tasks.budgets.limits import Limit, reach, read_within
from tasks.speakers.facts import Turn
from tasks.speakers.names.unicode_fold import WORD_MARKS, fold
from tasks.speakers.names.vocabulary import GRAMMAR, TITLES
from tasks.speakers.values import Introduction

# A possible name, and its offset.
SpokenName = tuple[str, int]

_PARTICLE = r"(?:(?:van|von|de|der|den|del|di|da|la|le|bin|ibn)\s)"
_LETTER = rf"[\w{WORD_MARKS}'’\-]"
_WORD = rf"(?:(?:al|el)-)?[^\W\d_a-z]{_LETTER}*"
_NAME = re.compile(rf"(?<!{_LETTER}){_WORD}(?:[^\S\n]{_PARTICLE}{{0,2}}{_WORD}){{0,3}}")
_FILLER = r"(?:(?:uh|um|er|erm|well|äh|ähm|euh|eh|also),?\s+)"
_SELF = re.compile(
    r"\b(?=[bcfijmnoswy])"  # first letters: most words are left at once
    r"(?:i['’]?m|i am|(?:by|from|with) me|my name(?: is|['’]s)"
    r"|your host(?: today)?(?: is)?,?"
    r"|ich bin|mein name ist|ich hei(?:ß|ss)e|je suis|je m['’]appelle|mon nom est"
    r"|soy|me llamo|mi nombre es|sou|o meu nome é|meu nome é|me chamo|chamo-me"
    r"|sono|mi chiamo|nazywam się|mam na imię|jestem|ik ben|mijn naam is|jag heter|jeg heter)"
    rf",?\s+(?:your host,?\s+)?{_FILLER}{{0,2}}$",
    re.IGNORECASE,
)
# The speaker quotes another: "and he says, I'm …".
_QUOTING = re.compile(
    r"(?:\b(?:say|says|said|quote|quoting|goes|went|like|shouts?|write|writes|wrote|called|sagte?|dice|dijo"
    r"|dit|disse)\b[,:]?\s*|[\"“„«「‘]\s*|\w\s?:\s*)$",
    re.IGNORECASE,
)
# "I'm …" of names that are written without spaces or capitals.
_UNSPACED_SELF = re.compile(
    r"([\u4e00-\u9fff\u3005]{2,6}[\u3040-\u309f]{0,4})(?:です|と申します|でございます)"
    r"|我(?:是|叫)([\u4e00-\u9fff]{2,4})(?=[，。！、]|$)"
)
_HONORIFICS = ("さん", "さま", "様", "氏", "先生", "君", "ちゃん")
# "Here's your host, …" presents another, who speaks next.
_PRESENTS = re.compile(
    r"(?:\bhere(?:['’]s| is)|\bmeet|\bover to|\bwelcome)\s+(?:your host,?\s+)?$", re.IGNORECASE
)
# "With your host, …" at the end of a turn: an announcer hands over to the host.
_HANDS_OVER = re.compile(r"\bwith your host,?\s+$", re.IGNORECASE)
# A self-introduction only in the first words of a speaker; later it introduces another person.
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
_MAX_UNSPACED_TEXT = 400  # characters of a turn that are searched for names without spaces
_MAX_QUOTE = 2_000  # characters around a name in which a quotation begins and ends
_MAX_CUE = 90  # characters before and after a name that are searched
# Turns at the beginning of an episode, and before each new speaker.
_OPENING, _BEFORE = 40, 4
# A guest of this episode; the other phrases may be about people who are only talked about.
_GUEST = re.compile(
    r"(?:joined(?: today)? by|with us(?: today)?(?: is)?|(?:my|our) guests?"
    r"(?: today| for this episode| this season| this week)?(?: is| are)?,?|\bepisode with)\s+"
    rf"{_FILLER}{{0,2}}$",
    re.IGNORECASE,
)
NOT_NAMES = (
    GRAMMAR
    | TITLES
    | frozenset(
        fold(word)
        for word in """
    a an also alright am any anyway are as awesome because can cool do exactly great good
    hello hey hi how i just let like maybe my no nice now of ok okay on one or please really
    right she he so some sorry sure thank thanks that's then there they this today totally
    two very wait welcome well what who why will wow yeah yep yes you your i'm it's let's
    soy sou sono conmigo bonjour bonsoir hola gracias danke merci
    avec mit met med feat featuring invité invitée prowadzi conduce presenta apresenta
    recebemos recibimos recevons entrevistamos hablamos accogliamo gościmy
    we're you're don't he's she's i've i'll what's there's here's hmm uh um oh all season
    episode
    """.split()  # noqa: SIM905 - a word list
    )
)


def read_introductions(segments: Iterable[Turn]) -> tuple[Introduction, ...]:
    """Names introduced in these segments (label, text), each once for each speaker it is about.

    A name of one word counts only in a self-introduction.
    """
    turns, heard, names = turns_of(segments), set[str](), 0
    searched = _turns_to_search([label for label, _ in turns])
    found: dict[tuple[str, str, bool], Introduction] = {}
    for number, (label, text) in enumerate(turns):
        first = label not in heard
        heard.add(label)
        if number in searched:
            following = [label for label, _ in turns[number + 1 : number + 1 + _BEFORE]]
            next_labels = [label if label not in heard else "" for label in following]
            spoken = list(read_within(names_in(text), Limit.SPOKEN_NAMES, already=names))
            names += len(spoken)
            for one in _introductions_in(label, text, spoken, first=first, next_labels=next_labels):
                key = (fold(one.name), one.label if one.is_self else "", one.is_self)
                if key in found:
                    found[key] = _merged(found[key], one)
                elif len(found) < Limit.INTRODUCTIONS.most:
                    found[key] = one
                else:
                    reach(Limit.INTRODUCTIONS)
    return tuple(found[key] for key in sorted(found))


def _turns_to_search(labels: Sequence[str]) -> set[int]:
    """The first turns, and those before a speaker is first heard: there people are introduced."""
    numbers, heard = set(range(_OPENING)), set[str]()
    for number, label in enumerate(labels):
        if label not in heard:
            numbers |= set(range(number - _BEFORE, number + 1))
            heard.add(label)
    return numbers


def turns_of(segments: Iterable[Turn]) -> list[Turn]:
    """Join consecutive segments of a speaker into turns: captions split names in two."""
    turns: list[tuple[str, list[str]]] = []
    for label, text in segments:
        if turns and turns[-1][0] == label:
            turns[-1][1].append(text)
        else:
            turns.append((label, [text]))
    return [(label, " ".join(texts)) for label, texts in turns]


def _merged(first: Introduction, later: Introduction) -> Introduction:
    return replace(
        first,
        label=first.label or later.label,
        welcomed=first.welcomed or later.welcomed,
        guest=first.guest or later.guest,
        says_so=first.says_so or later.says_so,
        times=first.times + later.times,
    )


def names_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield runs of capitalised words that may be a name, and their offsets; no acronyms."""
    for match in _NAME.finditer(text):
        words, begin = _trimmed(match[0].split(" "), match.start())
        if words and not any(map(_is_acronym, words)):
            yield " ".join(words), begin


def _introductions_in(
    label: str, text: str, names: Sequence[SpokenName], *, first: bool, next_labels: Sequence[str]
) -> Iterator[Introduction]:
    yield from _unspaced_introductions(label, text)
    welcome_end = -1  # where the last welcomed name ends, while it may go on: "Jane Doe and …"
    for name, begin in names:
        end = begin + len(name)
        before, after = text[max(0, begin - _MAX_CUE) : begin], text[end : end + _MAX_CUE]
        is_self = _is_self(before, after, first=first and begin < _FIRST_WORDS)
        is_self = is_self and not is_inside_quote(text, begin)
        in_row = welcome_end >= 0 and text[welcome_end:begin].strip() in ("and", ",", ", and")
        welcomed = not is_self and (bool(_WELCOME.search(before)) or in_row)
        welcome_end = end if welcomed else -1
        if is_self or " " in name:
            yield Introduction(
                name,
                label if is_self else _introduced_label(name, next_labels),
                is_self=is_self,
                welcomed=welcomed,
                guest=welcomed and bool(_GUEST.search(before)),
                introduced_by=label,
                says_so=is_self and first and says_so(before, after),
            )


def _unspaced_introductions(label: str, text: str) -> Iterator[Introduction]:
    """Self-introductions by names that are written without spaces."""
    if text.isascii():
        return
    for names in _UNSPACED_SELF.findall(text[:_MAX_UNSPACED_TEXT]):
        name = names[0] or names[1]
        if not name.endswith(_HONORIFICS):
            yield Introduction(name, label, is_self=True, introduced_by=label, says_so=True)


def _introduced_label(name: str, next_labels: Sequence[str]) -> str:
    """The new label that is part of the name, else that of the next turn; '' for an old one."""
    words = fold(name).split()
    named = (label for label in next_labels if label and fold(label) in words)
    return next(named, next(iter(next_labels), ""))


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.isalpha()


def _is_self(before: str, after: str, *, first: bool) -> bool:
    if says_so(before, after):
        return True
    following = after.lstrip(" ,").lower()
    return first and bool(_THIS_IS.search(before) or following.startswith(("here", "speaking")))


def is_in_first_person(before: str) -> bool:
    """Whether "I'm" is before a name, spoken for themselves or quoted."""
    return _SELF.search(before) is not None


def says_so(before: str, after: str) -> bool:
    """Whether a speaker says "I'm" before a name, and neither quotes nor presents another."""
    own = _SELF.search(before)
    if own is None or (_HANDS_OVER.search(before) and not any(map(str.isalnum, after))):
        return False
    return not (is_quoted_before(before[: own.start()]) or _PRESENTS.search(before))


def is_quoted_before(before: str) -> bool:
    """Whether what follows is another's words."""
    return _QUOTING.search(before) is not None


def is_inside_quote(text: str, begin: int) -> bool:
    """Whether a quotation is open at an offset of a turn: the words are another's."""
    before = text[max(0, begin - _MAX_QUOTE) : begin]
    closed = text.find("”", begin, begin + _MAX_QUOTE) >= 0
    if before.count("“") > before.count("”") and closed:
        return True
    return before.count('"') % 2 == 1 and text.find('"', begin, begin + _MAX_QUOTE) >= 0


def _trimmed(words: Sequence[str], begin: int) -> tuple[list[str], int]:
    """Drop "Hi" and "And" before a name, the start of the next sentence after it, and a "'s"."""
    trimmed = list(words)
    while trimmed and (trimmed[0][0].islower() or _is_never_in_name(trimmed[0])):
        begin += len(trimmed.pop(0)) + 1
    while trimmed and _is_never_in_name(trimmed[-1]):
        trimmed.pop()
    if trimmed and trimmed[-1].endswith(("'s", "’s")):
        trimmed[-1] = trimmed[-1][:-2]
    return trimmed, begin


@lru_cache(maxsize=16384)
def _is_never_in_name(word: str) -> bool:
    return fold(word) in NOT_NAMES
