"""A parsed feed as JSON values without defaults, as the data pairs are written."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any

from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Enclosure, FeedRefused, Item

URL = "https://feeds.example/shows/feed.xml"


def shown(body: bytes) -> dict[str, Any]:
    """Return the feed, or ``{"refused": reason}``."""
    try:
        feed = parse_feed(body, url=URL)
    except FeedRefused as refusal:
        return {"refused": refusal.reason}
    plain = _plain(feed)
    assert isinstance(plain, dict)
    return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value) or isinstance(value, Item | Enclosure):
        defaults = _defaults(value)
        values = {name: getattr(value, name) for name in _names(value)}
        return {
            name: _plain(each)
            for name, each in values.items()
            if each != defaults.get(name, MISSING)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _names(value: Any) -> list[str]:
    if isinstance(value, Item):  # the description is compared as plain text
        return [name.removesuffix("_markup") for name in Item._fields]
    if isinstance(value, Enclosure):
        return list(Enclosure._fields)
    return [field.name for field in fields(value)]


def _defaults(value: Any) -> dict[str, Any]:
    if isinstance(value, Item):
        return Item._field_defaults | {"description": ""}
    if isinstance(value, Enclosure):
        return Enclosure._field_defaults
    return {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for field in fields(value)
    }
