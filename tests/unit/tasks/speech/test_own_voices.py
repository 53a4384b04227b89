"""A turn that was grouped with another speaker returns to its own voice."""

from tasks.speech.own_voices import by_own_voice
from tasks.speech.values import Turn

ANN, BOB = (1.0, 0.1, 0.0), (0.1, 1.0, 0.0)


def turns(*speakers: int) -> list[Turn]:
    return [Turn(one, 3_000 * place, 3_000 * place + 2_500) for place, one in enumerate(speakers)]


def test_turn_of_another_voice_moves_to_its_own() -> None:
    prints = dict(enumerate((ANN, BOB, ANN, BOB, ANN, BOB)))
    assert by_own_voice(turns(0, 1, 0, 1, 0, 0), prints) == turns(0, 1, 0, 1, 0, 1)


def test_turn_that_is_like_both_voices_stays() -> None:
    prints = dict(enumerate((ANN, BOB, ANN, BOB, (0.74, 0.76, 0.0))))
    assert by_own_voice(turns(0, 1, 0, 1, 0), prints) == turns(0, 1, 0, 1, 0)


def test_turn_without_an_embedding_stays() -> None:
    prints = {0: ANN, 1: BOB, 2: ()}
    assert by_own_voice(turns(0, 1, 0, 1), prints) == turns(0, 1, 0, 1)


def test_no_turn_and_one_voice_stay() -> None:
    assert by_own_voice([], {}) == []
    assert by_own_voice(turns(0, 0), {0: ANN, 1: BOB}) == turns(0, 0)
