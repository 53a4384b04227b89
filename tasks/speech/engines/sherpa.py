"""sherpa-onnx: pyannote-segmentation-3.0 finds turns, CAM++ tells voices apart; without torch."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tasks.speech.own_voices import SHORTEST_MS, by_own_voice
from tasks.speech.values import (
    SAMPLE_RATE,
    Diarized,
    EngineInfo,
    EngineMissing,
    Samples,
    Turn,
)

# Too many voices of a chunk are merged later, over the whole episode, but two people in one voice
# are never separated again. With 0.5, the default, two women on the telephone are one.
_THRESHOLD = 0.4
_MIN_TURN_SECONDS, _MIN_PAUSE_SECONDS = 0.2, 0.4
# More speech than this makes an embedding no better.
_PRINT_SECONDS = 60
# Neighbouring windows overlap by half. By nine tenths, the default, is five times as much work.
_WINDOW_SHIFT = 0.5


class SherpaOnnx:
    """A segmentation model and an embedding model."""

    def __init__(
        self, segmentation: Path, embedding: Path, *, device: str = "cpu", threads: int = 1
    ) -> None:
        """Load the models from their files.

        Raises:
            EngineMissing: sherpa-onnx is not installed.
        """
        try:
            import sherpa_onnx as sherpa  # noqa: PLC0415  extra `speech`
        except ImportError as error:
            raise EngineMissing(
                "speech_not_installed", "sherpa-onnx is missing: install overheard[speech]"
            ) from error
        extractor = sherpa.SpeakerEmbeddingExtractorConfig(
            str(embedding), num_threads=threads, provider=device
        )
        self._diarization: Any = sherpa.OfflineSpeakerDiarization(
            sherpa.OfflineSpeakerDiarizationConfig(
                segmentation=sherpa.OfflineSpeakerSegmentationModelConfig(
                    sherpa.OfflineSpeakerSegmentationPyannoteModelConfig(
                        str(segmentation), window_shift_ratio=_WINDOW_SHIFT
                    ),
                    num_threads=threads,
                    provider=device,
                ),
                embedding=extractor,
                clustering=sherpa.FastClusteringConfig(num_clusters=-1, threshold=_THRESHOLD),
                min_duration_on=_MIN_TURN_SECONDS,
                min_duration_off=_MIN_PAUSE_SECONDS,
            )
        )
        self._extractor: Any = sherpa.SpeakerEmbeddingExtractor(extractor)
        models = f"{segmentation.stem} {embedding.stem}"
        self._info = EngineInfo("sherpa-onnx", version("sherpa-onnx"), models)

    @property
    def info(self) -> EngineInfo:
        """Engine, version and models."""
        return self._info

    def diarize(self, samples: Samples) -> Diarized:
        """The turns of a chunk, and an embedding of each voice in it."""
        found = self._diarization.process(samples).sort_by_start_time()
        grouped = [
            Turn(int(one.speaker), round(one.start * 1000), round(one.end * 1000)) for one in found
        ]
        own = {
            place: self._print(samples, [turn])
            for place, turn in enumerate(grouped)
            if turn.length >= SHORTEST_MS
        }
        turns = tuple(by_own_voice(grouped, own))
        voices = sorted({turn.speaker for turn in turns})
        prints = {voice: self._print(samples, _longest(turns, voice)) for voice in voices}
        return Diarized(turns, {voice: one for voice, one in prints.items() if one})

    def _print(self, samples: Samples, turns: Iterable[Turn]) -> tuple[float, ...]:
        """The embedding of the speech in these turns; empty if that is too little."""
        stream = self._extractor.create_stream()
        for turn in turns:
            begin, end = (ms * SAMPLE_RATE // 1000 for ms in (turn.start_ms, turn.end_ms))
            stream.accept_waveform(SAMPLE_RATE, samples[begin:end])
        stream.input_finished()
        if not self._extractor.is_ready(stream):
            return ()
        return tuple(round(float(value), 5) for value in self._extractor.compute(stream))


def _longest(turns: Iterable[Turn], voice: int) -> Iterable[Turn]:
    """The longest turns of a voice, until there is enough."""
    seconds = 0.0
    for turn in sorted(turns, key=lambda turn: -turn.length):
        if turn.speaker == voice and seconds < _PRINT_SECONDS:
            seconds += turn.length / 1000
            yield turn
