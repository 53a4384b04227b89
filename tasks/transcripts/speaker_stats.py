"""What the segments under each label sum up to; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tasks.transcripts.values import Segment, SpeakerStats


def speaker_stats(segments: Iterable[Segment]) -> dict[str, SpeakerStats]:
    """The figures of each label, in the order in which the labels are first heard."""
    voices: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        voices[segment.label].append(segment)
    return {label: _figures(said) for label, said in voices.items()}


def _figures(said: Sequence[Segment]) -> SpeakerStats:
    timed = [
        (start_ms, end_ms, len(text))
        for _, text, start_ms, end_ms in said
        if start_ms is not None and end_ms is not None and start_ms < end_ms
    ]
    timed.sort()
    return SpeakerStats(len(said), _covered_ms(timed), sum([length for _, _, length in timed]))


def _covered_ms(timed: Iterable[tuple[int, int, int]]) -> int:
    """Milliseconds covered by segments in the order of their beginning.

    It is the length of their union, for published cues overlap and repeat.
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
