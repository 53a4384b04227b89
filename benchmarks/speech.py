"""Speech to text: words, speakers and processor time beside those of the bare engines.

``python -m benchmarks.speech FOLDER`` reads WAV files (16 kHz, mono) of a folder, texts from
``librivox/transcription`` in it, and turns from ``.rttm`` files beside them. The models are
those of the settings. Both run in one process, one after the other, and what counts is processor
time: it does not depend on what else the machine does.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, TypeVar

from models import Settings, TranscriptionChunk, get_settings
from tasks.speech.audio.decode import DecodedAudio, decode, read_samples
from tasks.speech.audio.voice_activity import speech_in
from tasks.speech.chunks import cut_chunks
from tasks.speech.clustering import episode_turns
from tasks.speech.coverage import coverage, covered_ms
from tasks.speech.engines import choose
from tasks.speech.recognise import recognise
from tasks.speech.values import HeardWord, Hints, Turn

T = TypeVar("T")


def main() -> None:
    """Print a line for each file, and sums."""
    folder, settings = Path(sys.argv[1]), get_settings()
    samples = Path("samples.tmp").resolve()
    try:
        _words(folder, samples, settings)
        _speakers(folder, samples, settings)
    finally:
        samples.unlink(missing_ok=True)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    return work(), time.process_time() - started


def _decoded(file: Path, samples: Path) -> DecodedAudio:
    samples.unlink(missing_ok=True)
    return decode(file, samples, 86_400)


def _chunks(audio: DecodedAudio, settings: Settings) -> list[TranscriptionChunk]:
    longest = settings.speech_chunk_seconds * 1000
    return [
        TranscriptionChunk(
            episode_id=0,
            number=one.number,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            speech=[list(part) for part in one.speech],
        )
        for one in cut_chunks(audio.duration_ms, speech_in(audio), longest)
    ]


# Words.


def _words(folder: Path, samples: Path, settings: Settings) -> None:
    engine: Any = choose.transcriber(settings)
    total = [0, 0, 0, 0.0, 0.0, 0.0]
    for file, text in _texts(folder):
        audio = _decoded(file, samples)
        (ours, share), ours_s = _timed(lambda audio=audio: _ours(audio, settings))  # type: ignore[misc]
        whole = read_samples(audio, 0, audio.duration_ms)
        bare, bare_s = _timed(lambda whole=whole: _bare(engine, whole))  # type: ignore[misc]
        seconds = audio.duration_ms / 1000
        row = [len(text), _wrong(text, ours), _wrong(text, bare), seconds, ours_s, bare_s]
        total = [a + b for a, b in zip(total, row, strict=True)]
        print(
            f"{file.stem}: wrong words {row[1]} (bare {row[2]}) of {row[0]}, coverage {share:.3f}"
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
    yield folder / "jfk.wav", _plain(jfk)
    for line in (folder / "librivox" / "transcription").read_text().splitlines():
        found = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip())
        if found:
            yield folder / "librivox" / f"{found[2]}.wav", _plain(found[1])


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower().replace("mr.", "mister").replace("-", " "))


def _ours(audio: DecodedAudio, settings: Settings) -> tuple[list[str], float]:
    chunks = _chunks(audio, settings)
    found: list[HeardWord] = []
    for chunk in chunks:
        sifted, _ = recognise(audio, chunk, Hints("en"), settings)
        found += sifted.words
    speech = [
        one
        for chunk in cut_chunks(audio.duration_ms, speech_in(audio), 10**9)
        for one in chunk.speech
    ]
    share = coverage(covered_ms(found, speech), sum(one.length for one in speech))
    return _plain("".join(word.text for word in found)), share


def _bare(engine: Any, samples: Any) -> list[str]:
    segments, _ = engine._model.transcribe(samples, language="en", word_timestamps=True)  # noqa: SLF001
    return _plain("".join(segment.text for segment in segments))


def _wrong(expected: Sequence[str], found: Sequence[str]) -> int:
    """Words to substitute, insert or delete (Levenshtein)."""
    row = list(range(len(found) + 1))
    for number, word in enumerate(expected, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(found, start=1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (word != other)),
            )
    return row[-1]


# Speakers.


def _speakers(folder: Path, samples: Path, settings: Settings) -> None:
    for reference in sorted(folder.glob("*.rttm")):
        audio = _decoded(reference.with_suffix(".wav"), samples)
        expected = _reference(reference)
        found, spent = _timed(lambda audio=audio: _diarized(audio, settings))  # type: ignore[misc]
        known = {turn.speaker for turn in found}
        print(
            f"{reference.stem}: {len({t.speaker for t in expected})} speakers, found {len(known)}, "
            f"confused {_confused(expected, found):.3f} of the time of speech; processor seconds "
            f"per second {spent / audio.duration_ms * 1000:.3f}"
        )


def _reference(file: Path) -> list[Turn]:
    names: dict[str, int] = {}
    turns = []
    for line in file.read_text().splitlines():
        fields = line.split()
        start, length = float(fields[3]), float(fields[4])
        speaker = names.setdefault(fields[7], len(names))
        turns.append(Turn(speaker, round(start * 1000), round((start + length) * 1000)))
    return turns


def _diarized(audio: DecodedAudio, settings: Settings) -> list[Turn]:
    engine = choose.diarizer(settings)
    turns: dict[int, list[Turn]] = {}
    prints: dict[tuple[int, int], tuple[float, ...]] = {}
    for chunk in _chunks(audio, settings):
        found = engine.diarize(read_samples(audio, chunk.start_ms, chunk.end_ms))
        turns[chunk.number] = [
            Turn(t.speaker, t.start_ms + chunk.start_ms, t.end_ms + chunk.start_ms)
            for t in found.turns
        ]
        prints |= {(chunk.number, voice): vector for voice, vector in found.prints.items()}
    return [turn for turn in episode_turns(turns, prints) if turn.speaker >= 0]


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


if __name__ == "__main__":
    main()
