"""Settings of speech to text with real weights, and a podcast whose audio is served here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import get_settings
from tasks.speech.engines.choose import forget_engines
from tests.integration.tasks.speech.weights import diarization_models, whisper_model


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for models that are put together from their parts."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def speech(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> Iterator[Path]:
    """Speech to text turned on, with Whisper base and the diarizer; the folder of its audio."""
    del database
    segmentation, embedding = diarization_models()
    for name, value in {
        "SPEECH": "true",
        "SPEECH_MODEL": whisper_model("base", model_folder),
        "SPEECH_SEGMENTATION_MODEL": segmentation,
        "SPEECH_EMBEDDING_MODEL": embedding,
        "SPEECH_AUDIO": tmp_path / "audio",
    }.items():
        monkeypatch.setenv(f"OVERHEARD_{name}", str(value))
    get_settings.cache_clear()
    yield tmp_path / "audio"
    get_settings.cache_clear()
    forget_engines()
