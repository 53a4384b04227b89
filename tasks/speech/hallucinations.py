"""Words that an engine invented: loops, words without speech, credits of subtitles; pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tasks.speech.chunks import joined
from tasks.speech.speech_coverage import overlap_ms
from tasks.speech.values import HeardWord, Interval

# Engines are a little early and late; a word so far from any speech was not spoken.
_NEAR_SPEECH_MS = 500
# A phrase of so many words at most is a loop when it is repeated so often without another between.
_LOOP_WORDS, _LOOP_REPEATS = 12, 5
# Of a loop, this many repetitions stay: people do say "no, no, no".
_LEFT_REPEATS = 1
# Where people say nothing, engines write what ends so many subtitles they were trained on.
_CREDITS = re.compile(
    r"(?:thank(?:s| you)(?: so much| very much)? for (?:watching|listening|viewing)"
    r"(?: (?:this|the|my|our) (?:video|channel|episode))?"
    r"|(?:please )?(?:like(?:,)? (?:and )?)?subscribe(?: to (?:my|our|the) channel)?"
    r"|subtitles? (?:by|created by|made by)(?: the)? [\w .']{0,60}"
    r"|sous[- ]titr\w+ (?:réalisés? )?(?:par|de) [\w .']{0,60}"
    r"|untertitel(?:ung)? (?:von|des|im auftrag|der)[\w .,']{0,60}"
    r"|subtítulos (?:realizados )?por [\w .']{0,60}"
    r"|legendas? (?:por|pela) [\w .']{0,60}"
    r"|(?:transcri(?:bed|ption)|captions?) by [\w .']{0,60}"
    r"|www\.\w+\.\w+|amara\.org\w*)[.!]*",
    re.IGNORECASE,
)
# A phrase ends with a sentence, or where nobody speaks for so long.
_PHRASE_PAUSE_MS = 800
_LOW_PROBABILITY = 0.6


@dataclass(frozen=True, slots=True)
class Sifted:
    """The words that stay, and how many were left out, by reason code."""

    words: tuple[HeardWord, ...]
    left_out: dict[str, int]


class _Sieve(NamedTuple):
    """One reason to leave words out, and the function that returns the others."""

    reason: str
    sift: Callable[[Sequence[HeardWord]], Sequence[HeardWord]]


def sift(words: Sequence[HeardWord], speech: Sequence[Interval]) -> Sifted:
    """Leave out what was not spoken."""
    left_out: Counter[str] = Counter()
    left: Sequence[HeardWord] = words
    for sieve in (
        _Sieve(reason="words_without_speech", sift=lambda given: _in_speech(given, speech)),
        _Sieve(reason="looped_words", sift=_without_loops),
        _Sieve(reason="subtitle_credits", sift=lambda given: _without_credits(given, speech)),
    ):
        after = sieve.sift(left)
        left_out[sieve.reason] += len(left) - len(after)
        left = after
    return Sifted(tuple(left), {reason: number for reason, number in left_out.items() if number})


def _in_speech(words: Iterable[HeardWord], speech: Sequence[Interval]) -> list[HeardWord]:
    near = joined(
        Interval(one.start_ms - _NEAR_SPEECH_MS, one.end_ms + _NEAR_SPEECH_MS) for one in speech
    )
    return [
        word
        for word in words
        if overlap_ms([Interval(word.start_ms, max(word.end_ms, word.start_ms + 1))], near)
    ]


def _without_loops(words: Sequence[HeardWord]) -> list[HeardWord]:
    """Leave all but the first of a phrase that is repeated again and again."""
    plain = [_plain(word.text) for word in words]
    left: list[HeardWord] = []
    position = 0
    while position < len(words):
        length, repeats = _loop_at(plain, position)
        if repeats >= _LOOP_REPEATS:
            left += words[position : position + length * _LEFT_REPEATS]
            position += length * repeats
        else:
            left.append(words[position])
            position += 1
    return left


def _loop_at(plain: Sequence[str], position: int) -> tuple[int, int]:
    """Length of the phrase that is repeated most from here on, and how often it comes."""
    best = (1, 1)
    for length in range(1, min(_LOOP_WORDS, (len(plain) - position) // _LOOP_REPEATS) + 1):
        phrase = plain[position : position + length]
        repeats = 1
        begin = position + length
        while plain[begin : begin + length] == phrase:
            repeats += 1
            begin += length
        if repeats >= _LOOP_REPEATS and length * repeats > best[0] * best[1]:
            best = (length, repeats)
    return best


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _without_credits(words: Sequence[HeardWord], speech: Sequence[Interval]) -> list[HeardWord]:
    """Leave out credits, unless people clearly say so: with much speech and high confidence."""
    left: list[HeardWord] = []
    for phrase in _phrases(words):
        text = "".join(word.text for word in phrase).strip()
        if not (_CREDITS.fullmatch(text) and not _is_spoken(phrase, speech)):
            left += phrase
    return left


def _phrases(words: Iterable[HeardWord]) -> Iterable[list[HeardWord]]:
    phrase: list[HeardWord] = []
    for word in words:
        if phrase and (
            phrase[-1].text.endswith((".", "!", "?"))
            or word.start_ms - phrase[-1].end_ms > _PHRASE_PAUSE_MS
        ):
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase


def _is_spoken(phrase: Sequence[HeardWord], speech: Sequence[Interval]) -> bool:
    span = Interval(phrase[0].start_ms, max(phrase[-1].end_ms, phrase[0].start_ms + 1))
    confidence = sum(word.probability for word in phrase) / len(phrase)
    return overlap_ms([span], speech) > span.length / 2 and confidence >= _LOW_PROBABILITY
