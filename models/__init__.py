"""What Overheard knows: tables, read queries, settings, the database, migrations."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from models.settings import Settings, get_settings

if TYPE_CHECKING:
    from models.tables import *  # noqa: F403

__all__ = ["Settings", "get_settings"]


def __getattr__(name: str) -> Any:
    """Import the tables on first use: a health check needs only the settings, and runs often."""
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("models.tables"), name)
