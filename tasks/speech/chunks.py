"""Cut audio into chunks at quiet places; pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tasks.speech.values import Chunk, Interval

# A chunk is at least this share of the longest one, so that there is a quiet place to choose.
_MIN_SHARE = 0.7
# Pauses shorter than this are not a quiet place: a word may be cut.
_MIN_PAUSE_MS = 200


def cut_chunks(audio_ms: int, speech: Sequence[Interval], longest_ms: int) -> list[Chunk]:
    """Chunks of at most ``longest_ms`` that together are the whole audio.

    Each but the last ends in the middle of the longest pause of its last third, or, where nobody
    pauses, at ``longest_ms``.
    """
    chunks: list[Chunk] = []
    start = 0
    while start < audio_ms:
        end = audio_ms
        if audio_ms - start > longest_ms:
            allowed = Interval(start + round(_MIN_SHARE * longest_ms), start + longest_ms)
            end = _quiet_place(speech, allowed)
        chunks.append(Chunk(len(chunks), start, end, tuple(_within(speech, start, end))))
        start = end
    return chunks


def _quiet_place(speech: Sequence[Interval], allowed: Interval) -> int:
    pauses = [
        Interval(max(before, allowed.start_ms), min(after, allowed.end_ms))
        for before, after in _pauses(speech, allowed)
    ]
    longest = max(pauses, key=lambda pause: pause.length, default=Interval(0, 0))
    if longest.length < _MIN_PAUSE_MS:
        return allowed.end_ms
    return (longest.start_ms + longest.end_ms) // 2


def _pauses(speech: Sequence[Interval], allowed: Interval) -> Iterable[tuple[int, int]]:
    """Pauses that reach into an interval: their ends, and those of the interval."""
    near = [one for one in speech if _overlaps(one, allowed)]
    edges = [
        Interval(allowed.start_ms, allowed.start_ms),
        *near,
        Interval(allowed.end_ms, allowed.end_ms),
    ]
    return [(one.end_ms, other.start_ms) for one, other in pairwise(edges)]


def _overlaps(one: Interval, other: Interval) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms


def _within(speech: Iterable[Interval], start: int, end: int) -> Iterable[Interval]:
    bounds = Interval(start, end)
    return [
        Interval(max(one.start_ms, start), min(one.end_ms, end))
        for one in speech
        if _overlaps(one, bounds)
    ]


def joined(intervals: Iterable[Interval], gap_ms: int = 0) -> list[Interval]:
    """Intervals in order, those with a gap of at most ``gap_ms`` between them as one."""
    result: list[Interval] = []
    for one in sorted(intervals):
        if result and one.start_ms - result[-1].end_ms <= gap_ms:
            last = result.pop()
            one = Interval(last.start_ms, max(last.end_ms, one.end_ms))  # noqa: PLW2901
        result.append(one)
    return result
