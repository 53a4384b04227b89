"""Words of which the engine was unsure, in a transcript that was made from audio."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from tasks.raw.store import load_raw

# The probability that an engine gives to a word; below this it may as well be another one.
UNCERTAIN = 0.5


class WordPiece(NamedTuple):
    """A part of a segment's text, and whether its words are uncertain."""

    text: str
    is_uncertain: bool


class RecognizedWord(NamedTuple):
    """A word of a segment, and the probability that the engine gave to it, 0 to 1."""

    text: str
    probability: float


# A segment of the body is known by its start (milliseconds) and its text.
WordsBySegment = Mapping[tuple[int, str], Sequence[RecognizedWord]]


class UncertainWords:
    """The words of those segments of a transcript that have an uncertain one."""

    def __init__(self, words: WordsBySegment) -> None:
        self._words = words

    def pieces(self, text: str, start_ms: int | None) -> list[WordPiece]:
        """The text of a segment in pieces; one piece if all of it is certain."""
        words = self._words.get((start_ms or 0, text))
        return cut(text, words) if words else [WordPiece(text, False)]


def uncertain_words(session: Session, body_hash: bytes | None) -> UncertainWords:
    """The uncertain words of a transcript that was made here; none if its body is gone."""
    if body_hash is None:
        return UncertainWords({})
    try:
        return UncertainWords(words_of_body(json.loads(load_raw(session, body_hash))))
    except KeyError:
        return UncertainWords({})


def words_of_body(document: Mapping[str, Any]) -> WordsBySegment:
    """The words of segments with an uncertain one; see ``tasks/speech/document.py``."""
    return {
        (round(segment["startTime"] * 1000), segment["body"]): [
            RecognizedWord(text, probability) for text, _, _, probability in segment["words"]
        ]
        for segment in document["segments"]
        if any(word[-1] < UNCERTAIN for word in segment["words"])
    }


def cut(text: str, words: Sequence[RecognizedWord]) -> list[WordPiece]:
    """Cut a text between certain and uncertain words; what is not found in it is certain."""
    return [piece for piece in _single(text, words) if piece.text]


def _single(text: str, words: Sequence[RecognizedWord]) -> Iterator[WordPiece]:
    """A piece for each uncertain word, and one for what is before it and behind the last."""
    place = done = 0
    for word in words:
        begin = text.find(word.text.strip(), place)
        if begin < 0:
            continue
        place = begin + len(word.text.strip())
        if word.probability < UNCERTAIN:
            yield WordPiece(text[done:begin], False)
            yield WordPiece(text[begin:place], True)
            done = place
    yield WordPiece(text[done:], False)
