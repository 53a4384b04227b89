"""A parsed feed as JSON values, without what it left empty: how the data pairs are written."""

from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from typing import Any

from tasks.feeds.parse import parse_feed
from tasks.feeds.values import FeedRefused

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
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
