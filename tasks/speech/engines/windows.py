"""Windows of speech for engines that take half a minute, and words from their tokens; pure."""

from collections.abc import Iterator, Sequence

from tasks.speech.chunks import joined
from tasks.speech.values import HeardWord, Interval

LONGEST_MS = 25_000
_JOIN_MS = 1_000
_PAD_MS = 200


def windows(speech: Sequence[Interval], longest_ms: int = LONGEST_MS) -> Iterator[Interval]:
    """Windows that together have all speech, each at most ``longest_ms``, cut in pauses."""
    window: Interval | None = None
    for one in (part for whole in joined(speech, 0) for part in _parts(whole, longest_ms)):
        fits = window and one.end_ms - window.start_ms <= longest_ms
        if window and fits and one.start_ms - window.end_ms <= _JOIN_MS:
            window = Interval(window.start_ms, one.end_ms)
            continue
        if window:
            yield window
        window = one
    if window:
        yield window


def _parts(whole: Interval, longest_ms: int) -> Iterator[Interval]:
    for start in range(whole.start_ms, whole.end_ms, longest_ms):
        yield Interval(start, min(start + longest_ms, whole.end_ms))


def padded(window: Interval, audio_ms: int) -> Interval:
    """A window with a little of what is around it: engines miss words that begin at once."""
    return Interval(max(0, window.start_ms - _PAD_MS), min(audio_ms, window.end_ms + _PAD_MS))


def words_of_tokens(
    tokens: Sequence[str], seconds: Sequence[float], window: Interval
) -> Iterator[HeardWord]:
    """Join tokens to words, with the time of the first token until that of the next word."""
    starts = [window.start_ms + round(one * 1000) for one in seconds]
    begin = 0
    for number in range(1, len(tokens) + 1):
        if number < len(tokens) and not tokens[number].startswith(" "):
            continue
        text = "".join(tokens[begin:number])
        end = starts[number] if number < len(tokens) else window.end_ms
        if text.strip():
            spaced = text if text.startswith(" ") else f" {text}"
            yield HeardWord(spaced, starts[begin], max(starts[begin], min(end, window.end_ms)))
        begin = number


def spread_words(text: str, window: Interval) -> Iterator[HeardWord]:
    """Words without times, spread over a window by their length."""
    words = text.split()
    total = sum(len(word) + 1 for word in words)
    position = 0
    for word in words:
        begin, position = position, position + len(word) + 1
        yield HeardWord(f" {word}", _at(window, begin, total), _at(window, position, total))


def _at(window: Interval, position: int, total: int) -> int:
    return window.start_ms + round(window.length * position / total)
