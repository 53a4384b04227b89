"""Windows of speech are short enough for an engine and miss none; tokens become words."""

from itertools import pairwise

from hypothesis import given

from tasks.speech.chunks import joined
from tasks.speech.engines.windows import LONGEST_MS, spread_words, windows, words_of_tokens
from tasks.speech.speech_coverage import overlap_ms
from tasks.speech.values import Interval
from tests.unit.tasks.speech.test_chunks import SPEECH

WINDOW = Interval(1_000, 3_000)


@given(SPEECH)
def test_windows_have_all_speech_and_are_short(speech: list[Interval]) -> None:
    found = list(windows(speech))
    assert all(0 < one.length <= LONGEST_MS for one in found)
    assert overlap_ms(joined(found), joined(speech)) == sum(one.length for one in joined(speech))


def test_speech_with_short_pauses_is_one_window() -> None:
    speech = [Interval(0, 4_000), Interval(4_500, 9_000), Interval(20_000, 21_000)]
    assert list(windows(speech)) == [Interval(0, 9_000), Interval(20_000, 21_000)]


def test_tokens_are_joined_at_spaces_with_times_of_the_window() -> None:
    tokens, seconds = ["He", "llo", ",", " the", "re", "."], [0.1, 0.2, 0.3, 0.5, 0.6, 0.7]
    first, second = words_of_tokens(tokens, seconds, WINDOW)
    assert (first.text, first.start_ms, first.end_ms) == (" Hello,", 1_100, 1_500)
    assert (second.text, second.start_ms, second.end_ms) == (" there.", 1_500, 3_000)


def test_words_without_times_fill_their_window_in_order() -> None:
    words = list(spread_words("a longer word", WINDOW))
    assert [word.text for word in words] == [" a", " longer", " word"]
    assert (words[0].start_ms, words[-1].end_ms) == (1_000, 3_000)
    assert all(one.end_ms == two.start_ms for one, two in pairwise(words))
