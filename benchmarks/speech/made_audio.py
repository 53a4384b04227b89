"""Audio that is made of recordings: joined, mixed, with music between."""

import random
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.speech.pipeline import reference_turns
from tasks.speech.values import SAMPLE_RATE

_SHORTEST_MS = 1_000


class SpokenTurn(NamedTuple):
    """A turn that is cut out of a recording: who speaks (a number within it), and the samples."""

    speaker: int
    samples: Any


def samples_of(file: Path) -> Any:
    """The samples of a WAV file, from -1 to 1."""
    with wave.open(str(file)) as audio:
        assert (audio.getframerate(), audio.getnchannels()) == (SAMPLE_RATE, 1)
        frames = audio.readframes(audio.getnframes())
    return np.frombuffer(frames, np.int16).astype(np.float32) / 32_768


def write(file: Path, samples: Any) -> None:
    """Write a WAV file."""
    with wave.open(str(file), "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(SAMPLE_RATE)
        audio.writeframes((np.clip(samples, -1, 1) * 32_767).astype(np.int16).tobytes())


def recordings(folder: Path) -> list[Path]:
    """The recordings with known turns."""
    return [file.with_suffix(".wav") for file in sorted(folder.glob("*.rttm"))]


def spoken_turns(recording: Path) -> list[SpokenTurn]:
    """The longer turns of a recording in which nobody else speaks."""
    samples, turns = samples_of(recording), reference_turns(recording.with_suffix(".rttm"))
    return [
        SpokenTurn(turn.speaker, samples[_at(turn.start_ms) : _at(turn.end_ms)])
        for turn in turns
        if turn.length >= _SHORTEST_MS
        and not any(
            other is not turn and other.start_ms < turn.end_ms and turn.start_ms < other.end_ms
            for other in turns
        )
    ]


def joined(parts: Iterable[Any], chance: random.Random) -> Any:
    """Parts one after the other, with pauses of a conversation between."""
    with_pauses = (one for part in parts for one in (part, silence(chance.uniform(0.3, 0.8))))
    return np.concatenate(list(with_pauses))


def silence(seconds: float) -> Any:
    """Quiet, with the noise of a room."""
    noise = np.random.default_rng(1).normal(0, 0.0005, round(seconds * SAMPLE_RATE))
    return noise.astype(np.float32)


def music(seconds: float, seed: int) -> Any:
    """Chords that change each second, with overtones and a beat."""
    chance, time = random.Random(seed), np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    total = np.zeros(len(time), np.float32)
    for begin in range(0, len(time), SAMPLE_RATE):
        part = time[begin : begin + SAMPLE_RATE]
        root = chance.choice([110.0, 130.8, 146.8, 164.8])
        for note, overtone in ((1.0, 1), (1.25, 2), (1.5, 1), (2.0, 3)):
            tone = np.sin(2 * np.pi * root * note * overtone * part) / overtone
            total[begin : begin + len(part)] += (0.06 * tone).astype(np.float32)
    beat = (time % 0.5 < 0.05) * np.random.default_rng(seed).normal(0, 0.1, len(time))
    return (total + beat).astype(np.float32)


def endless(folder: Path) -> Iterator[Any]:
    """Samples of all recordings, again and again."""
    all_samples = [samples_of(file) for file in recordings(folder)]
    while True:
        yield from all_samples


def _at(milliseconds: int) -> int:
    return milliseconds * SAMPLE_RATE // 1000
