"""Each word gets the speaker of its time; single words within a sentence are no turns."""

from tasks.speech.alignment import spoken_words
from tasks.speech.segments import numbered_labels, segment_of, segment_runs
from tasks.speech.values import UNKNOWN_SPEAKER, HeardWord, Turn


def heard(text: str, start: int = 0, each: int = 300) -> list[HeardWord]:
    return [
        HeardWord(f" {word}", start + n * each, start + n * each + each)
        for n, word in enumerate(text.split())
    ]


def spoken_by(words: list[HeardWord], *turns: Turn) -> list[tuple[str, str]]:
    spoken = spoken_words(words, turns)
    labels = numbered_labels(spoken)
    return [segment_of(run, labels)[:2] for run in segment_runs(spoken)]


def test_words_of_one_engine_segment_go_to_both_speakers() -> None:
    words = heard("How are you? Fine, thank you.")
    assert spoken_by(words, Turn(7, 0, 900), Turn(3, 900, 1_800)) == [
        ("Speaker 1", "How are you?"),
        ("Speaker 2", "Fine, thank you."),
    ]


def test_boundary_that_is_one_word_late_moves_to_the_sentence() -> None:
    words = heard("How are you? Fine, thank you.")
    assert spoken_by(words, Turn(7, 0, 620), Turn(3, 620, 1_800))[0] == (
        "Speaker 1",
        "How are you?",
    )
    assert spoken_by(words, Turn(7, 0, 1_160), Turn(3, 1_160, 1_800)) == [
        ("Speaker 1", "How are you?"),
        ("Speaker 2", "Fine, thank you."),
    ]


def test_single_word_within_a_sentence_is_no_turn() -> None:
    words = heard("I have never been to Chicago in winter.")
    turns = Turn(0, 0, 1_200), Turn(1, 1_200, 1_500), Turn(0, 1_500, 2_400)
    assert spoken_by(words, *turns) == [("Speaker 1", "I have never been to Chicago in winter.")]


def test_answer_of_one_word_is_a_turn() -> None:
    words = heard("Is it cold?") + heard("Yes.", 1_300) + heard("How cold?", 2_000)
    turns = Turn(0, 0, 900), Turn(1, 1_300, 1_600), Turn(0, 2_000, 2_600)
    assert [who for who, _ in spoken_by(words, *turns)] == ["Speaker 1", "Speaker 2", "Speaker 1"]


def test_word_far_from_every_turn_is_unknown() -> None:
    spoken = spoken_words(heard("Hello") + heard("there", 5_000), [Turn(0, 0, 300)])
    assert [one.speaker for one in spoken] == [0, UNKNOWN_SPEAKER]


def test_words_of_a_nested_turn_go_to_the_shorter_one() -> None:
    words = heard("One two three four five six")
    turns = Turn(0, 0, 1_800), Turn(1, 600, 1_200)
    assert spoken_by(words, *turns)[1] == ("Speaker 2", "three four")


def test_segment_ends_at_a_pause_and_after_a_sentence() -> None:
    words = heard("This is one sentence here. And another one.") + heard("Later.", 9_000)
    assert [text for _, text in spoken_by(words, Turn(0, 0, 9_300))] == [
        "This is one sentence here.",
        "And another one.",
        "Later.",
    ]
