"""What Overheard knows: tables, read queries, settings, the database, migrations."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.settings import Settings, get_settings
    from models.tables import *  # noqa: F403

_SETTINGS = ("Settings", "get_settings")

__all__ = ["Settings", "get_settings"]


def __getattr__(name: str) -> Any:
    """Import settings and tables on first use.

    A health check needs only the settings, and what reads documents needs neither.
    """
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("models.settings" if name in _SETTINGS else "models.tables"), name)
