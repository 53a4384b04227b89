"""The strip of who speaks when: slots, colors, silence."""

from hypothesis import given
from hypothesis import strategies as st

from models.queries.episode_pages import EpisodeSpeaker, SegmentRow
from web.presenters.speaker_strip import SLOTS, StripPart, speaker_strip


def speaker(id_: int, name: str | None) -> EpisodeSpeaker:
    return EpisodeSpeaker(
        id_, f"Label {id_}", "", "publisher", "", "", "counted", 1.0, "", 1, 0, name, None
    )


def segment(id_: int, speaker_id: int, start: int | None, end: int | None) -> SegmentRow:
    return SegmentRow(id_, speaker_id, id_, start, end, "words")


SPEAKERS = [speaker(1, "Ann Smith"), speaker(2, "Bo Lund"), speaker(3, None)]


def test_strip_shows_each_speaker_in_their_time() -> None:
    minute = 60_000
    segments = [
        segment(1, 1, 0, minute),
        segment(2, 2, minute, 2 * minute),
        segment(3, 3, 3 * minute, 4 * minute),
    ]
    ann, bo, nobody = speaker_strip(segments, SPEAKERS)
    assert ann == StripPart(0, 30, "series-1", "Ann Smith", 0, 1)
    assert (bo.x, bo.style, bo.segment_id) == (30, "series-2", 2)
    assert nobody == StripPart(90, 30, "series-rest", "Label 3", 3 * minute, 3)
    assert bo.x + bo.width < nobody.x  # the silence between them


def test_strip_gives_a_slot_to_the_one_with_most_of_it() -> None:
    segments = [
        segment(1, 1, 0, 120_000),
        *(segment(n, 2, n * 1000, n * 1000 + 100) for n in range(2, 100, 10)),
    ]
    assert {part.name for part in speaker_strip(segments, SPEAKERS)} == {"Ann Smith"}


def test_strip_without_times_is_empty() -> None:
    assert speaker_strip([segment(1, 1, None, None), segment(2, 2, None, None)], SPEAKERS) == []
    assert speaker_strip([segment(1, 1, 5, 5), segment(2, 2, 5, 5)], SPEAKERS) == []


times = st.integers(0, 10_000_000)


@given(st.lists(st.tuples(st.integers(1, 3), times, times), max_size=60))
def test_strip_parts_fit_and_do_not_overlap(spans: list[tuple[int, int, int]]) -> None:
    segments = [segment(n, who, a, b) for n, (who, a, b) in enumerate(spans)]
    parts = speaker_strip(segments, SPEAKERS)
    ends = [0, *(part.x + part.width for part in parts)]
    assert all(part.x >= end for part, end in zip(parts, ends, strict=False))
    assert ends[-1] <= SLOTS
