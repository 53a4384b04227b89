"""Audio is cut at quiet places, and chunks together are the whole of it."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.speech.chunks import cut_chunks, joined
from tasks.speech.values import Interval

LONGEST = 10_000
SPEECH = st.lists(
    st.tuples(st.integers(0, 60_000), st.integers(1, 5_000)).map(
        lambda pair: Interval(pair[0], pair[0] + pair[1])
    )
).map(joined)


def test_chunk_ends_in_the_longest_pause_near_its_end() -> None:
    speech = [Interval(0, 7_500), Interval(8_000, 9_000), Interval(9_800, 15_000)]
    first, second = cut_chunks(15_000, speech, LONGEST)
    assert (first.end_ms, second.start_ms, second.end_ms) == (9_400, 9_400, 15_000)
    assert first.speech == (Interval(0, 7_500), Interval(8_000, 9_000))
    assert second.speech == (Interval(9_800, 15_000),)


def test_speech_without_pause_is_cut_at_the_longest_length() -> None:
    chunks = cut_chunks(25_000, [Interval(0, 25_000)], LONGEST)
    assert [chunk.end_ms for chunk in chunks] == [10_000, 20_000, 25_000]
    assert sum(chunk.speech_ms for chunk in chunks) == 25_000


def test_silence_is_one_chunk_without_speech() -> None:
    (chunk,) = cut_chunks(9_000, [], LONGEST)
    assert (chunk.start_ms, chunk.end_ms, chunk.speech) == (0, 9_000, ())


@given(st.integers(1, 70_000), SPEECH)
def test_chunks_are_the_whole_audio_and_all_its_speech(
    audio_ms: int, speech: list[Interval]
) -> None:
    heard = [Interval(a, min(b, audio_ms)) for a, b in speech if a < audio_ms]
    chunks = cut_chunks(audio_ms, heard, LONGEST)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert [0, *(chunk.end_ms for chunk in chunks)] == [
        *(chunk.start_ms for chunk in chunks),
        audio_ms,
    ]
    assert all(0 < chunk.end_ms - chunk.start_ms <= LONGEST for chunk in chunks)
    assert sum(chunk.speech_ms for chunk in chunks) == sum(one.length for one in heard)
