"""Settings of which only their use shows that they are wrong, tried before a service starts."""

import tempfile
from pathlib import Path

from models.settings import Settings
from tasks.http.settings import InvalidSetting, guard
from tasks.plans.plan_file import plans_of_service


def try_settings(settings: Settings) -> None:
    """Read what settings name, and write into their folders.

    Raises:
        InvalidSetting: one cannot be used; the message names it and says why.
        PlanFileInvalid: likewise.
    """
    guard(settings)
    plans_of_service()
    for name in ("search_index", "log_dir"):
        if folder := getattr(settings, name):
            _try_folder(f"OVERHEARD_{name.upper()}", folder)


def _try_folder(variable: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InvalidSetting(f"{variable}: {folder} cannot be written: {error.strerror}") from error
