"""The steps of a transcription without its rows, and what measurements share."""

import re
from collections.abc import Sequence
from pathlib import Path

from models import Settings, TranscriptionChunk
from tasks.speech.audio.decode import DecodedAudio, decode, read_samples
from tasks.speech.audio.voice_activity import speech_in
from tasks.speech.chunks import cut_chunks
from tasks.speech.clustering import episode_turns
from tasks.speech.engines import choose
from tasks.speech.recognise import recognise
from tasks.speech.speech_coverage import covered_ms, speech_coverage
from tasks.speech.store.transcriptions import speech_of
from tasks.speech.values import HeardWord, Hints, Turn

_LONGEST_SECONDS = 86_400


def decoded(file: Path, samples: Path) -> DecodedAudio:
    """The audio of a file, decoded to another one."""
    samples.unlink(missing_ok=True)
    return decode(file, samples, _LONGEST_SECONDS)


def chunks_of(audio: DecodedAudio, settings: Settings) -> list[TranscriptionChunk]:
    """The chunks into which the audio is cut."""
    longest_ms = settings.speech_chunk_seconds * 1000
    return [
        TranscriptionChunk(
            episode_id=0,
            number=one.number,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            speech=[list(part) for part in one.speech],
        )
        for one in cut_chunks(audio.duration_ms, speech_in(audio), longest_ms)
    ]


def words_of(
    audio: DecodedAudio, chunks: Sequence[TranscriptionChunk], settings: Settings
) -> list[HeardWord]:
    """The words of all chunks, as a transcription has them."""
    hints = Hints("en")
    return [word for chunk in chunks for word in recognise(audio, chunk, hints, settings).words]


def speech_coverage_of(words: Sequence[HeardWord], chunks: Sequence[TranscriptionChunk]) -> float:
    """The share of the time of speech that has words."""
    speech = [one for chunk in chunks for one in speech_of(chunk)]
    return speech_coverage(covered_ms(words, speech), sum(one.length for one in speech))


def turns_of(
    audio: DecodedAudio, chunks: Sequence[TranscriptionChunk], settings: Settings
) -> list[Turn]:
    """The turns of the whole audio, whose number of speakers is unknown."""
    engine = choose.diarizer(settings)
    turns: dict[int, list[Turn]] = {}
    prints: dict[tuple[int, int], tuple[float, ...]] = {}
    for chunk in chunks:
        found = engine.diarize(read_samples(audio, chunk.start_ms, chunk.end_ms))
        turns[chunk.number] = [
            Turn(one.speaker, one.start_ms + chunk.start_ms, one.end_ms + chunk.start_ms)
            for one in found.turns
        ]
        prints |= {(chunk.number, voice): vector for voice, vector in found.prints.items()}
    return [turn for turn in episode_turns(turns, prints) if turn.speaker >= 0]


def reference_turns(file: Path) -> list[Turn]:
    """The turns of an RTTM file; speakers are numbered in their order."""
    names: dict[str, int] = {}
    turns = []
    for line in file.read_text().splitlines():
        fields = line.split()
        start, length = float(fields[3]), float(fields[4])
        speaker = names.setdefault(fields[7], len(names))
        turns.append(Turn(speaker, round(start * 1000), round((start + length) * 1000)))
    return turns


def plain(text: str) -> list[str]:
    """Words as they are compared: in lower case, without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower().replace("mr.", "mister").replace("-", " "))


def wrong_words(expected: Sequence[str], found: Sequence[str]) -> int:
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
