"""Words that nobody speaks are left out with a reason, and spoken ones are not."""

from tasks.speech.hallucinations import sift
from tasks.speech.values import HeardWord, Interval


def heard(text: str, start: int = 0, each: int = 300, probability: float = 0.9) -> list[HeardWord]:
    return [
        HeardWord(f" {word}", start + n * each, start + n * each + each, probability)
        for n, word in enumerate(text.split())
    ]


def sifted(words: list[HeardWord], *speech: Interval) -> tuple[str, dict[str, int]]:
    result = sift(words, speech)
    return "".join(word.text for word in result.words).strip(), result.left_out


LONG = Interval(0, 600_000)


def test_phrase_that_repeats_for_ever_stays_once() -> None:
    words = heard("So I think. " + "I don't know. " * 40 + "And then we left.")
    assert sifted(words, LONG) == (
        "So I think. I don't know. And then we left.",
        {"looped_words": 117},
    )


def test_people_may_repeat_themselves_a_few_times() -> None:
    text = "No, no, no, no! Very very good. Come on, come on, come on."
    assert sifted(heard(text), LONG) == (text, {})


def test_words_far_from_speech_are_left_out() -> None:
    words = heard("Hello there.") + heard("Music again.", start=90_000)
    assert sifted(words, Interval(0, 700)) == ("Hello there.", {"words_without_speech": 2})


def test_credits_in_silence_are_left_out() -> None:
    words = heard("That is all.") + heard("Thank you for watching.", 4_000, probability=0.4)
    assert sifted(words, Interval(0, 4_500)) == ("That is all.", {"subtitle_credits": 4})


def test_thanks_that_a_host_says_stay() -> None:
    words = heard("That is all. Thank you for listening.")
    assert sifted(words, LONG) == ("That is all. Thank you for listening.", {})


def test_sentence_about_watching_is_no_credit() -> None:
    text = "Thank you for watching my dog."
    assert sifted(heard(text, probability=0.3), Interval(0, 1_050)) == (text, {})
