"""The place of the search index."""

from pathlib import Path

from models.data_folder import default_data_dir
from models.settings import get_settings


def search_folder() -> Path:
    """The directory of the search index: as configured, or in the data directory."""
    settings = get_settings()
    if settings.search_index:
        return settings.search_index

    return (settings.data or default_data_dir()) / "search"
