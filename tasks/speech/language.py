"""The language of an episode: its feed's, or else what is heard in three windows of it."""

from collections import Counter

from models.language import primary_subtag
from tasks.speech.audio.decode import DecodedAudio, read_samples
from tasks.speech.audio.voice_activity import speech_of
from tasks.speech.engines.protocols import Transcriber

_WINDOW_MS = 30_000
# Advertisements are at the beginning, sometimes in another language.
_AFTER_MS = 120_000


def declared_language(declared: str | None) -> str | None:
    """The language that a feed declares, as engines name it (ISO 639-1): ``pt`` for ``pt-BR``."""
    language = primary_subtag(declared)
    return language if len(language) == 2 else None


def heard_language(audio: DecodedAudio, engine: Transcriber) -> str | None:
    """The language that is heard in most of three windows with speech; None if in none."""
    heard: Counter[str] = Counter()
    for start in _windows(audio.duration_ms):
        samples = read_samples(audio, start, min(start + _WINDOW_MS, audio.duration_ms))
        if speech_of(samples) and (language := engine.language_of(samples) or ""):
            heard[language] += 1
    return heard.most_common(1)[0][0] if heard else None


def _windows(duration_ms: int) -> list[int]:
    """Where the windows begin: after the first two minutes if the audio is long enough."""
    begin = _AFTER_MS if duration_ms > 2 * _AFTER_MS else 0
    last = max(begin, duration_ms - _WINDOW_MS)
    return sorted({begin, (begin + last) // 2, last})
