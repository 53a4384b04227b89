"""Made dialogues: how many more words are wrong if they have to be the right speaker's.

The turns of a recording are put into another order. What the bare engine recognizes in each turn by
itself is the reference, so that WER counts what joining, cutting and sifting change, and cpWER
(concatenated minimum-permutation WER) also counts words of the wrong speaker. Words whose speaker
is unknown are missing in cpWER.
"""

import os
import random
import tempfile
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speech.made_audio import SpokenTurn, joined, recordings, spoken_turns, write
from benchmarks.speech.pipeline import (
    chunks_of,
    decoded,
    plain,
    speech_coverage_of,
    turns_of,
    words_of,
    wrong_words,
)
from models import get_settings
from tasks.speech.alignment import spoken_words
from tasks.speech.engines import choose
from tasks.speech.values import UNKNOWN_SPEAKER, SpokenWord

_TURNS = 24


class KnownTurn(NamedTuple):
    """A turn with the words of the bare engine."""

    turn: SpokenTurn
    words: list[str]


class Errors(NamedTuple):
    """Words of the reference, and how many are wrong; ``unknown`` have no speaker."""

    words: int = 0
    wrong: int = 0
    wrong_or_of_another: int = 0
    unknown: int = 0

    def plus(self, other: "Errors") -> "Errors":
        """The sums."""
        return Errors(*(a + b for a, b in zip(self, other, strict=True)))


def measure(folder: Path) -> None:
    """Print a line for each dialogue, and sums."""
    wanted, chance = int(os.environ.get("WORDS", "3000")), random.Random(17)
    by_recording = {file: _known(spoken_turns(file)) for file in recordings(folder)}
    total, number = Errors(), 0
    with tempfile.TemporaryDirectory() as scratch:
        while total.words < wanted:
            file = list(by_recording)[number % len(by_recording)]
            errors = _dialogue(file.stem, by_recording[file], chance, Path(scratch))
            total, number = total.plus(errors), number + 1
    wer, cp_wer = total.wrong / total.words, total.wrong_or_of_another / total.words
    print(
        f"{number} dialogues, {total.words} words: WER {wer:.4f}, cpWER {cp_wer:.4f}, "
        f"difference {100 * (cp_wer - wer):.2f} points; unknown {total.unknown / total.words:.4f}"
    )


def _known(turns: Sequence[SpokenTurn]) -> list[KnownTurn]:
    engine: Any = choose.transcriber(get_settings())
    return [KnownTurn(turn, _bare(engine, turn.samples)) for turn in turns]


def _bare(engine: Any, samples: Any) -> list[str]:
    segments, _ = engine._model.transcribe(samples, language="en")  # noqa: SLF001
    return plain("".join(segment.text for segment in segments))


def _dialogue(
    name: str, turns: Sequence[KnownTurn], chance: random.Random, scratch: Path
) -> Errors:
    """A dialogue of some of the speakers, in which nobody speaks twice in a row."""
    chosen = _order(turns, chance)
    write(scratch / "dialogue.wav", joined((one.turn.samples for one in chosen), chance))
    settings = get_settings()
    audio = decoded(scratch / "dialogue.wav", scratch / "samples")
    chunks = chunks_of(audio, settings)
    words = words_of(audio, chunks, settings)
    spoken = spoken_words(words, turns_of(audio, chunks, settings))
    errors = _errors(chosen, spoken)
    print(
        f"{name}: {len({one.turn.speaker for one in chosen})} speakers, {audio.duration_ms // 1000}"
        f" s, {errors.words} words, wrong {errors.wrong}, wrong or of another speaker "
        f"{errors.wrong_or_of_another}, unknown {errors.unknown}, "
        f"speech coverage {speech_coverage_of(words, chunks):.3f}",
        flush=True,
    )
    return errors


def _order(turns: Sequence[KnownTurn], chance: random.Random) -> list[KnownTurn]:
    speakers = sorted({one.turn.speaker for one in turns})
    among = chance.sample(speakers, chance.randint(2, min(4, len(speakers))))
    chosen: list[KnownTurn] = []
    while len(chosen) < _TURNS:
        before = chosen[-1].turn.speaker if chosen else None
        speaker = chance.choice([one for one in among if one != before])
        chosen.append(chance.choice([one for one in turns if one.turn.speaker == speaker]))
    return chosen


def _errors(chosen: Sequence[KnownTurn], spoken: Sequence[SpokenWord]) -> Errors:
    expected = [word for one in chosen for word in one.words]
    found = plain("".join(one.word.text for one in spoken))
    unknown = sum(one.speaker == UNKNOWN_SPEAKER for one in spoken)
    return Errors(len(expected), wrong_words(expected, found), _of_another(chosen, spoken), unknown)


def _of_another(chosen: Sequence[KnownTurn], spoken: Sequence[SpokenWord]) -> int:
    """The errors of the best mapping of found speakers to real ones."""
    real: dict[int, list[str]] = {}
    for one in chosen:
        real.setdefault(one.turn.speaker, []).extend(one.words)
    found: dict[int, str] = {}
    for word in spoken:
        if word.speaker != UNKNOWN_SPEAKER:
            found[word.speaker] = found.get(word.speaker, "") + word.word.text
    expected, texts = list(real.values()), [plain(text) for text in found.values()]
    size = max(len(expected), len(texts))
    expected += [[]] * (size - len(expected))
    texts += [[]] * (size - len(texts))
    costs = [[wrong_words(one, text) for text in texts] for one in expected]
    return min(
        sum(costs[place][other] for place, other in enumerate(order))
        for order in permutations(range(size))
    )
