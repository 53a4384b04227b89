"""Speech coverage: how much of the time of speech has words; pure.

An engine may leave out minutes without an error. A gate by total duration does not see that, since
music has no words either: so words are compared with *speech*, by voice activity detection.
"""

from collections.abc import Iterable, Sequence

from tasks.speech.chunks import joined
from tasks.speech.values import HeardWord, Interval

# Engines end words early and begin them late, and breath between two words is not left out.
_MARGIN_MS = 300
_BREATH_MS = 1_500


def covered_ms(words: Iterable[HeardWord], speech: Sequence[Interval]) -> int:
    """How much of the speech has words, in milliseconds."""
    spans = (Interval(word.start_ms - _MARGIN_MS, word.end_ms + _MARGIN_MS) for word in words)
    return overlap_ms(joined(spans, _BREATH_MS - 2 * _MARGIN_MS), speech)


def speech_coverage(covered: int, speech: int) -> float:
    """The share of the speech that has words; audio without speech is covered."""
    return covered / speech if speech else 1.0


def overlap_ms(first: Sequence[Interval], second: Sequence[Interval]) -> int:
    """How long both have an interval; each is in order, and its intervals do not overlap."""
    total = one = other = 0
    while one < len(first) and other < len(second):
        start = max(first[one].start_ms, second[other].start_ms)
        end = min(first[one].end_ms, second[other].end_ms)
        total += max(0, end - start)
        if first[one].end_ms < second[other].end_ms:
            one += 1
        else:
            other += 1
    return total
