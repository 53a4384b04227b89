"""Words, speakers and processor time of clips, beside those of the bare engines.

Texts are in ``librivox/transcription`` of the folder. Both run in one process, one after the other,
and what counts is processor time: it does not depend on what else the machine does.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.speech.pipeline import (
    chunks_of,
    decoded,
    plain,
    reference_turns,
    speech_coverage_of,
    turns_of,
    words_of,
    wrong_words,
)
from models import Settings, get_settings
from tasks.speech.audio.decode import DecodedAudio, read_samples
from tasks.speech.engines import choose
from tasks.speech.values import Turn

T = TypeVar("T")


def measure(folder: Path) -> None:
    """Print a line for each file, and sums."""
    settings = get_settings()
    with tempfile.TemporaryDirectory() as scratch:
        _words(folder, Path(scratch) / "samples", settings)
        _speakers(folder, Path(scratch) / "samples", settings)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    return work(), time.process_time() - started


# Words.


def _words(folder: Path, samples: Path, settings: Settings) -> None:
    engine: Any = choose.transcriber(settings)
    total = [0, 0, 0, 0.0, 0.0, 0.0]
    for file, text in _texts(folder):
        audio = decoded(file, samples)
        (ours, share), ours_s = _timed(partial(_ours, audio, settings))
        whole = read_samples(audio, 0, audio.duration_ms)
        bare, bare_s = _timed(partial(_bare, engine, whole))
        seconds = audio.duration_ms / 1000
        row = [len(text), wrong_words(text, ours), wrong_words(text, bare), seconds, ours_s, bare_s]
        total = [a + b for a, b in zip(total, row, strict=True)]
        print(
            f"{file.stem}: wrong words {row[1]} (bare {row[2]}) of {row[0]}, "
            f"speech coverage {share:.3f}"
        )
    words, wrong, bare_wrong, seconds, ours_s, bare_s = total
    print(
        f"words: {wrong} wrong (bare {bare_wrong}) of {words} in {seconds:.0f} s of audio; "
        f"processor seconds per second {ours_s / seconds:.3f} (bare {bare_s / seconds:.3f})"
    )


def _texts(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    jfk = (
        "And so, my fellow Americans, ask not what your country can do for you, ask what you can "
        "do for your country."
    )
    yield folder / "jfk.wav", plain(jfk)
    for line in (folder / "librivox" / "transcription").read_text().splitlines():
        found = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip())
        if found:
            yield folder / "librivox" / f"{found[2]}.wav", plain(found[1])


def _ours(audio: DecodedAudio, settings: Settings) -> tuple[list[str], float]:
    chunks = chunks_of(audio, settings)
    found = words_of(audio, chunks, settings)
    return plain("".join(word.text for word in found)), speech_coverage_of(found, chunks)


def _bare(engine: Any, samples: Any) -> list[str]:
    segments, _ = engine._model.transcribe(samples, language="en", word_timestamps=True)  # noqa: SLF001
    return plain("".join(segment.text for segment in segments))


# Speakers.


def _speakers(folder: Path, samples: Path, settings: Settings) -> None:
    for reference in sorted(folder.glob("*.rttm")):
        audio = decoded(reference.with_suffix(".wav"), samples)
        expected = reference_turns(reference)
        found, spent = _timed(partial(_turns, audio, settings))
        known = {turn.speaker for turn in found}
        print(
            f"{reference.stem}: {len({t.speaker for t in expected})} speakers, found {len(known)}, "
            f"confused {_confused(expected, found):.3f} of the time of speech; processor seconds "
            f"per second {spent / audio.duration_ms * 1000:.3f}"
        )


def _turns(audio: DecodedAudio, settings: Settings) -> list[Turn]:
    return turns_of(audio, chunks_of(audio, settings), settings)


def _confused(expected: Sequence[Turn], found: Sequence[Turn]) -> float:
    """The share of the time of speech that the best mapping gives to another speaker or nobody."""
    pairs: dict[tuple[int, int], int] = {}
    for one in expected:
        for other in found:
            both = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
            if both > 0:
                key = one.speaker, other.speaker
                pairs[key] = pairs.get(key, 0) + both
    speakers = sorted({turn.speaker for turn in expected})
    voices = sorted({turn.speaker for turn in found}) + [-1] * len(speakers)
    right = max(
        sum(pairs.get(pair, 0) for pair in zip(speakers, chosen, strict=True))
        for chosen in permutations(voices, len(speakers))
    )
    return 1 - right / sum(turn.length for turn in expected)
