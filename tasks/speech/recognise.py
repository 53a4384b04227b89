"""Recognise the words of a part; where an engine leaves speech out, hear that part again."""

from collections.abc import Iterable, Sequence

import structlog

from models import Settings, TranscriptionChunk
from tasks.speech.audio.decode import DecodedAudio, read_samples
from tasks.speech.engines import choose
from tasks.speech.engines.endpoint import ENDPOINT
from tasks.speech.engines.protocols import Transcriber
from tasks.speech.hallucinations import Sifted, sift
from tasks.speech.speech_coverage import covered_ms, speech_coverage
from tasks.speech.store.transcriptions import speech_of
from tasks.speech.values import HeardWord, Hints, Interval, Recognized

log = structlog.get_logger()


def recognise(
    audio: DecodedAudio, chunk: TranscriptionChunk, hints: Hints, settings: Settings
) -> Recognized:
    """The words of a part.

    When less than the wanted share of its speech has words, it is transcribed a second time, and
    the attempt that covers more counts.
    """
    speech = speech_of(chunk)
    if not speech:
        return Recognized(())
    engine = choose.transcriber(settings)
    first = _attempt(engine, audio, chunk, speech, hints)
    share = _share(first.words, speech)
    if share >= settings.speech_min_coverage:
        return _recognized(first, engine, _sent_ms(chunk, engine))
    second_engine = choose.second_transcriber(settings)
    second = _attempt(second_engine, audio, chunk, speech, hints, again=True)
    second_share = _share(second.words, speech)
    log.warning(
        "chunk_transcribed_again",
        chunk=chunk.number,
        speech_coverage=round(share, 3),
        second_speech_coverage=round(second_share, 3),
        engine=second_engine.info.name,
    )
    sent_ms = _sent_ms(chunk, engine, second_engine)
    if second_share > share:
        return _recognized(second, second_engine, sent_ms)
    return _recognized(first, engine, sent_ms)


def _recognized(sifted: Sifted, engine: Transcriber, endpoint_ms: int) -> Recognized:
    return Recognized(sifted.words, sifted.left_out, engine.info, endpoint_ms)


def _sent_ms(chunk: TranscriptionChunk, *engines: Transcriber) -> int:
    """How much audio these engines sent to an endpoint: a part is sent whole."""
    sent = sum(engine.info.name == ENDPOINT for engine in engines)
    return sent * (chunk.end_ms - chunk.start_ms)


def _attempt(
    engine: Transcriber,
    audio: DecodedAudio,
    chunk: TranscriptionChunk,
    speech: Sequence[Interval],
    hints: Hints,
    *,
    again: bool = False,
) -> Sifted:
    samples = read_samples(audio, chunk.start_ms, chunk.end_ms)
    within = [Interval(a - chunk.start_ms, b - chunk.start_ms) for a, b in speech]
    found = engine.transcribe(samples, within, hints, again=again)
    return sift(_in_episode(found.words, chunk), speech)


def _in_episode(words: Iterable[HeardWord], chunk: TranscriptionChunk) -> list[HeardWord]:
    """Words with the times of the episode, none beyond its part."""
    return [
        word._replace(
            start_ms=min(word.start_ms + chunk.start_ms, chunk.end_ms),
            end_ms=min(word.end_ms + chunk.start_ms, chunk.end_ms),
        )
        for word in words
    ]


def _share(words: Sequence[HeardWord], speech: Sequence[Interval]) -> float:
    return speech_coverage(covered_ms(words, speech), sum(one.length for one in speech))
