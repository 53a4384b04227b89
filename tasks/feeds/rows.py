"""The database columns of a feed and its items. Pure."""

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from tasks.feeds.item_matching import ItemMatch
from tasks.feeds.values import Feed, Item, PersonTag

# The columns that only the feed decides, of a podcast and of an episode.
PODCAST_COLUMNS = (
    *("title", "link", "description", "language", "author", "image", "explicit", "type"),
    *("podcast_guid", "categories", "keywords", "persons"),
)
EPISODE_COLUMNS = (
    *("podcast_id", "identity", "guid", "title", "link", "description", "author", "image"),
    *("season", "number", "type", "explicit", "published_at", "first_seen_at", "stats_date"),
    *("audio_url", "audio_type", "audio_length", "enclosure_path", "duration_ms", "chapters_url"),
    *("categories", "keywords", "persons", "content_hash"),
)


def podcast_columns(feed: Feed) -> dict[str, Any]:
    """Return the columns of a podcast that its feed document decides."""
    return {
        "title": feed.title,
        "link": feed.link,
        "description": feed.description,
        "language": feed.language,
        "author": feed.author,
        "image": feed.image,
        "explicit": feed.explicit,
        "type": feed.type,
        "podcast_guid": feed.podcast_guid,
        "categories": list(feed.categories),
        "keywords": list(feed.keywords),
        "persons": [asdict(person) for person in feed.persons],
    }


def episode_content(feed: Feed, item: Item) -> dict[str, Any]:
    """Return what an item says of its episode: columns, and its listed transcripts."""
    enclosure = item.audio
    return {
        "guid": item.guid,
        "title": item.title,
        "link": item.link,
        "description": item.description,
        "author": item.author,
        "image": item.image,
        "season": item.season,
        "number": item.number,
        "type": item.type,
        "explicit": item.explicit,
        "published_at": item.published_at,
        "audio_url": enclosure.url if enclosure else None,
        "audio_type": enclosure.type if enclosure else None,
        "audio_length": enclosure.length if enclosure else None,
        "duration_ms": item.duration_ms,
        "chapters_url": item.chapters_url,
        "categories": list(item.categories),
        "keywords": list(item.keywords),
        "persons": [asdict(person) for person in effective_persons(feed, item)],
        "transcripts": [asdict(link) for link in item.transcripts],
    }


def effective_persons(feed: Feed, item: Item) -> tuple[PersonTag, ...]:
    """Return the item's person tags or, if it has none of its own, the channel's.

    They are never mixed: "if one or more person tags are present at the item level, they replace
    all at the channel level" (podcast namespace, ``podcast:person``).
    """
    return item.persons or feed.persons


def content_hash(content: dict[str, Any]) -> bytes:
    """Return a hash that changes whenever the content of an item does."""
    canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def episode_columns(content: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of an episode that its item decides, from its ``episode_content``."""
    columns = {name: value for name, value in content.items() if name != "transcripts"}
    return columns | {"content_hash": content_hash(content)}


def stats_date(published_at: datetime | None, first_seen_at: datetime) -> date:
    """Return the UTC date that an episode counts for: published or first seen, the earlier."""
    return min(published_at or first_seen_at, first_seen_at).date()


def episode_row(
    podcast_id: int, match: ItemMatch, content: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Return the row of a new episode."""
    return episode_columns(content) | {
        "podcast_id": podcast_id,
        "identity": match.identity,
        "enclosure_path": match.enclosure_path,
        "first_seen_at": now,
        "stats_date": stats_date(match.item.published_at, now),
    }


def as_text(value: date | bytes) -> str:
    """Return a value that JSON has no type for in PostgreSQL's text format."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value.isoformat()
