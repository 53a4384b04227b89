"""The place of the search index."""

from pathlib import Path

from models.settings import get_settings


def search_folder() -> Path:
    """The directory of the search index: as configured, or in the data directory."""
    settings = get_settings()
    if settings.search_index:
        return settings.search_index
    from workers.local.embedded.directory import default_data_dir  # noqa: PLC0415  slow

    return (settings.data or default_data_dir()) / "search"
