"""Where the search index lies: as set, or in the data folder."""

from pathlib import Path

from models.settings import get_settings
from workers.local.embedded.directory import default_data_dir


def search_folder() -> Path:
    """The folder of the index; whoever keeps it makes it, readers only look."""
    settings = get_settings()
    return settings.search_index or (settings.data or default_data_dir()) / "search"
