"""Models that are known by name: where a hub has them, their licence, and about how large they are.

The hub says the size and the SHA-256 of each file, and both are checked after the download.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of a hub. With ``file`` it is that one file, otherwise a folder of all ``files``."""

    name: str
    use: str
    repository: str
    licence: str
    megabytes: int
    files: tuple[str, ...] = ()
    file: str = ""

    @property
    def installed_as(self) -> str:
        """The name of its folder or file in the folder of models."""
        return f"{self.name}.onnx" if self.file else self.name

    @property
    def wanted(self) -> tuple[str, ...]:
        """Its files in the repository of the hub."""
        return (self.file,) if self.file else self.files


_WHISPER = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt", "vocabulary.json")
_PARAKEET = (
    *("config.json", "vocab.txt", "nemo128.onnx", "decoder_joint-model.onnx"),
    *("encoder-model.onnx", "encoder-model.onnx.data"),
)


def _whisper(name: str, megabytes: int) -> KnownModel:
    repository = f"Systran/faster-whisper-{name}"
    return KnownModel(name, "faster-whisper", repository, "MIT", megabytes, _WHISPER)


_MODELS = (
    _whisper("tiny", 78),
    _whisper("base", 148),
    _whisper("small", 486),
    _whisper("medium", 1_530),
    _whisper("large-v3", 3_090),
    KnownModel(
        "parakeet-tdt-0.6b-v3",
        "onnx-asr",
        "istupakov/parakeet-tdt-0.6b-v3-onnx",
        "CC-BY-4.0",
        2_550,
        _PARAKEET,
    ),
    KnownModel(
        "segmentation-3.0",
        "diarizer",
        "csukuangfj/sherpa-onnx-pyannote-segmentation-3-0",
        "MIT",
        6,
        file="model.onnx",
    ),
    KnownModel(
        "campplus-zh-en",
        "diarizer",
        "csukuangfj/speaker-embedding-models",
        "Apache-2.0",
        28,
        file="3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx",
    ),
)
MODELS = {model.name: model for model in _MODELS}
