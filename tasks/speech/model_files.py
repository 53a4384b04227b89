"""The files of models on this machine; a worker never downloads one."""

from pathlib import Path

from models import Settings
from tasks.speech.folders import models_folder
from tasks.speech.values import EngineMissing


def model_path(settings: Settings, name: str, suffix: str = "") -> Path:
    """The folder or file of a model: the name is a path, or that of one in the folder of models.

    Raises:
        EngineMissing: there is none.
    """
    own = Path(name)
    if own.is_absolute() and own.exists():
        return own
    installed = models_folder(settings) / f"{name}{suffix}"
    if installed.exists():
        return installed
    raise EngineMissing(
        "model_missing",
        f"there is no model {name!r} at {installed}: run `overheard speech-models pull`",
    )
