"""Writes docs/settings.md from the Settings class: ``python -m models.settings_table``."""

import sys
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from models.menu_settings import MenuSettings
from models.settings import Settings
from models.speech_settings import SpeechSettings
from models.telemetry_settings import TelemetrySettings

SETTINGS_PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """\
# Settings

Every setting is an environment variable and is read once, when a process starts. A value that
cannot be read ends the command with exit code 2 and a line that names the variable.

This page is written by `python -m models.settings_table` from `models/settings.py`.

| variable | kind | default | what it is |
|---|---|---|---|
"""

_KINDS: dict[Any, str] = {
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    str: "text",
    Path: "path",
    SecretStr: "secret",
}
_LIMITS = {"Ge": ("ge", "at least"), "Gt": ("gt", "more than"), "Le": ("le", "at most")}


def settings_page() -> str:
    """The page: a row for each field, those of `Settings` itself before those of its parts."""
    prefix = Settings.model_config["env_prefix"]
    parts = (MenuSettings, SpeechSettings, TelemetrySettings)
    fields = sorted(
        Settings.model_fields.items(),
        key=lambda named: [named[0] in part.model_fields for part in reversed(parts)],
    )
    rows = (_row(f"{prefix}{name.upper()}", field) for name, field in fields)
    return _HEAD + "".join(rows)


def _row(variable: str, field: FieldInfo) -> str:
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    default = "" if value in (None, "") else f"`{value}`"
    return f"| `{variable}` | {_kind(field)} | {default} | {field.description} |\n"


def _kind(field: FieldInfo) -> str:
    """The kind of value, with its limits or its choices."""
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    plain = [kind for kind in get_args(annotation) if kind is not NoneType] or [annotation]
    limits = [
        f"{words} {getattr(limit, name)}"
        for limit in field.metadata
        for name, words in [_LIMITS[type(limit).__name__]]
    ]
    return ", ".join([_KINDS[plain[0]], *limits])


def main() -> None:
    """Write the page."""
    SETTINGS_PAGE.parent.mkdir(exist_ok=True)
    SETTINGS_PAGE.write_text(settings_page())
    sys.stdout.write(f"{SETTINGS_PAGE} written\n")


if __name__ == "__main__":
    main()
