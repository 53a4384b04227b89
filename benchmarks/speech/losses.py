"""An engine that leaves 31 % of the words out is noticed; a complete one is not blamed.

Each case is another recording: turns in another order, with music before, between or behind them,
and jingles. The words are those of the engine of the settings.
"""

import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speech.made_audio import SpokenTurn, joined, music, recordings, spoken_turns, write
from benchmarks.speech.pipeline import chunks_of, decoded, speech_coverage_of, words_of
from models import get_settings
from tasks.speech.values import HeardWord

_DROPPED = 0.31
_TURNS = 8


def measure(folder: Path) -> None:
    """Print how many of ``DROPS`` (20) were noticed, and how many alarms ``GOOD`` (40) gave."""
    drops, good = int(os.environ.get("DROPS", "20")), int(os.environ.get("GOOD", "40"))
    limit = get_settings().speech_min_coverage
    turns = {file.stem: spoken_turns(file) for file in recordings(folder)}
    noticed, alarms, lowest, highest = 0, 0, 1.0, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for case in range(max(drops, good)):
            complete, dropped = _shares(list(turns.values()), case, Path(scratch))
            if case < good:
                alarms += complete < limit
                lowest = min(lowest, complete)
            if case < drops:
                noticed += dropped < limit
                highest = max(highest, dropped)
            print(
                f"{case}: complete {complete:.3f}, {_DROPPED:.0%} dropped {dropped:.3f}", flush=True
            )
    print(
        f"noticed {noticed} of {drops} drops (speech coverage at most {highest:.3f}), {alarms} "
        f"alarms in {good} complete ones (speech coverage at least {lowest:.3f}); limit {limit}"
    )


def _shares(
    recordings_: Sequence[Sequence[SpokenTurn]], case: int, scratch: Path
) -> tuple[float, float]:
    """The speech coverage of all words of a case, and that without 31 % of them."""
    chance, settings = random.Random(case), get_settings()
    write(scratch / "case.wav", _made(recordings_[case % len(recordings_)], case, chance))
    audio = decoded(scratch / "case.wav", scratch / "samples")
    chunks = chunks_of(audio, settings)
    words = words_of(audio, chunks, settings)
    return speech_coverage_of(words, chunks), speech_coverage_of(
        _without_some(words, chance), chunks
    )


def _made(turns: Sequence[SpokenTurn], case: int, chance: random.Random) -> object:
    """Some turns, with music and a jingle at random places."""
    parts = [chance.choice(turns).samples for _ in range(_TURNS)]
    parts.insert(chance.randrange(_TURNS + 1), music(chance.uniform(5, 30), case))
    parts.insert(chance.randrange(_TURNS + 1), music(chance.uniform(1, 3), case + 1000))
    return joined(parts, chance)


def _without_some(words: Sequence[HeardWord], chance: random.Random) -> list[HeardWord]:
    missing = round(_DROPPED * len(words))
    begin = chance.randrange(len(words) - missing + 1)
    return [*words[:begin], *words[begin + missing :]]
