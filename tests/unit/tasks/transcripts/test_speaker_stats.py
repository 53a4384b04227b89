"""Stats of the segments of each label."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.transcripts.speaker_stats import speaker_stats
from tasks.transcripts.values import Segment, SpeakerStats

TIMES = st.one_of(st.none(), st.integers(0, 60))
SEGMENT = st.builds(Segment, st.sampled_from("AB"), st.text(max_size=3), TIMES, TIMES)


@given(st.lists(SEGMENT, max_size=12))
def test_speaking_time_is_the_length_of_the_union(segments: list[Segment]) -> None:
    found = speaker_stats(segments)
    assert list(found) == list(dict.fromkeys(one.label for one in segments))
    for label, stats in found.items():
        of_label = [one for one in segments if one.label == label]
        timed = [
            (one, range(one.start_ms or 0, one.end_ms or 0)) for one in of_label if _is_timed(one)
        ]
        assert stats == SpeakerStats(
            appearances=len(of_label),
            spoken_ms=len({ms for _, covered in timed for ms in covered}),
            timed_characters=sum(len(one.text) for one, _ in timed),
        )


def _is_timed(segment: Segment) -> bool:
    start_ms, end_ms = segment.start_ms, segment.end_ms
    return start_ms is not None and end_ms is not None and start_ms < end_ms
