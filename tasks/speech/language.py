"""The language of an episode: its feed's, or else what is heard in three windows of it."""

from collections import Counter

from models.language import primary_subtag
from tasks.speech.audio.decode import DecodedAudio, read_samples
from tasks.speech.audio.voice_activity import speech_of
from tasks.speech.engines.protocols import Transcriber

_WINDOW_MS = 30_000
# Advertisements are at the beginning, sometimes in another language.
_AFTER_MS = 120_000


def language_of(declared: str | None, audio: DecodedAudio, engine: Transcriber) -> str | None:
    """The language as engines name it (ISO 639-1): ``pt`` for ``pt-BR``.

    What the feed declares decides. Without that, most of three windows with speech do.
    """
    if language := primary_subtag(declared):
        return language if len(language) == 2 else None
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
