"""Stats of the segments of each label: appearances, speaking time, characters; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tasks.transcripts.values import Segment, SpeakerStats


def speaker_stats(segments: Iterable[Segment]) -> dict[str, SpeakerStats]:
    """The stats of each label, in the order in which the labels first occur."""
    by_label: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        by_label[segment.label].append(segment)
    return {label: _stats(of_label) for label, of_label in by_label.items()}


def _stats(segments: Sequence[Segment]) -> SpeakerStats:
    timed = [
        (start_ms, end_ms, len(text))
        for _, text, start_ms, end_ms in segments
        if start_ms is not None and end_ms is not None and start_ms < end_ms
    ]
    timed.sort()
    timed_characters = sum([length for _, _, length in timed])
    return SpeakerStats(len(segments), _covered_ms(timed), timed_characters)


def _covered_ms(timed: Iterable[tuple[int, int, int]]) -> int:
    """Length of the union of intervals in the order of their starts, in milliseconds.

    Published cues overlap and repeat, so it is not the sum of their lengths.
    """
    total = reached = 0
    for start, end, _ in timed:
        if start >= reached:
            total += end - start
            reached = end
        elif end > reached:
            total += end - reached
            reached = end
    return total
