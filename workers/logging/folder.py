"""The folder of the local log files."""

from pathlib import Path

from models.data_folder import default_data_dir
from models.settings import Settings, get_settings


def log_folder(settings: Settings) -> Path | None:
    """The folder of the log files, if the settings name one."""
    if settings.log_dir is not None:
        return settings.log_dir
    return settings.data / "logs" if settings.data is not None else None


def local_logs() -> Path:
    """The folder of the log files, also of a service that runs without a setting for it."""
    return log_folder(get_settings()) or default_data_dir() / "logs"
