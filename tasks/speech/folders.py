"""Where models and audio files are on this machine."""

from pathlib import Path

from models import Settings
from models.data_folder import default_data_dir


def models_folder(settings: Settings) -> Path:
    """The folder of models."""
    return settings.speech_models or (settings.data or default_data_dir()) / "speech-models"


def audio_folder(settings: Settings) -> Path:
    """The folder of downloaded audio."""
    return settings.speech_audio or (settings.data or default_data_dir()) / "speech-audio"
