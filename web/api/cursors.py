"""Where a page of a list begins: opaque to the client, and checked when it comes back."""

import base64
import binascii
import json
from datetime import date
from typing import Any

from web.api.problems import ApiError

_LONGEST = 500
_READ: dict[type, Any] = {int: int, str: str, date: date.fromisoformat}


def cursor(kind: str, *values: Any) -> str:
    """A place in the list of this kind."""
    parts = [kind, *(str(value) if isinstance(value, date) else value for value in values)]
    packed = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_cursor(kind: str, encoded: str | None, *types: type) -> list[Any] | None:
    """The values of a place; None without one.

    Raises:
        ApiError: 422, it is no cursor of this list.
    """
    if encoded is None:
        return None
    try:
        return _values(kind, encoded, types)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise ApiError(422, "cursor: this is not a cursor of this list") from None


def _values(kind: str, encoded: str, types: tuple[type, ...]) -> list[Any]:
    if len(encoded) > _LONGEST or not encoded.isascii():
        raise ValueError(encoded)
    packed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    named, *values = json.loads(packed)
    if named != kind or len(values) != len(types):
        raise ValueError(encoded)
    return [_checked(value, wanted) for value, wanted in zip(values, types, strict=True)]


def _checked(value: Any, wanted: type) -> Any:
    plain = str if wanted is date else wanted
    if type(value) is not plain:
        raise TypeError(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(value)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError(value)
    return _READ[wanted](value)
