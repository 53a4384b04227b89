"""The place of the search index."""

from pathlib import Path

from models import get_settings
from workers.local.embedded.directory import default_data_dir


def search_folder() -> Path:
    """The directory of the search index: as configured, or in the data directory."""
    settings = get_settings()
    return settings.search_index or (settings.data or default_data_dir()) / "search"
