"""Keys that identify the items of one feed, and the identity of a new episode. Pure."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.feeds.enclosure_urls import enclosure_path
from tasks.feeds.values import Item

_MAX_LENGTH = 500  # identities are indexed, so longer ones are stored as hashes


@dataclass(frozen=True, slots=True)
class ItemKeys:
    """The keys that distinguish an item from the others of its feed, now and in later polls."""

    guid: str = ""
    path: str = ""  # of the first enclosure, see enclosure_path
    link: str = ""  # without its scheme
    title: str = ""
    published_at: datetime | None = None
    duration_ms: int | None = None

    @property
    def discriminator(self) -> str:
        """The key that distinguishes items with the same guid."""
        if self.path:
            return f"path:{self.path}"
        return f"link:{self.link}" if self.link else self.title_and_date

    @property
    def title_and_date(self) -> str:
        """The last resort: the title and date that a reader sees."""
        date = self.published_at.isoformat() if self.published_at else ""
        return f"title:{self.title} {date}"


def keys_of(item: Item) -> ItemKeys:
    """Return the keys of an item; http and https links have the same key."""
    return ItemKeys(
        guid=item.guid or "",
        path=enclosure_path(item.audio.url) if item.audio else "",
        link=link_key(item.link),
        title=title_key(item.title),
        published_at=item.published_at,
        duration_ms=item.duration_ms,
    )


def link_key(link: str | None) -> str:
    """Return a link without the parts that change for the same page."""
    return (link or "").partition("://")[2].rstrip("/")


def title_key(title: str | None) -> str:
    """Return a title without its case."""
    return (title or "").casefold()


class Identities:
    """The identities of new episodes, by keys that are unique in their document."""

    def __init__(self, all_keys: Sequence[ItemKeys]) -> None:
        distinct = set(all_keys)
        self._guids = Counter(guid for guid, _ in {(k.guid, k.discriminator) for k in distinct})
        self._links = Counter(link for link, _ in {(k.link, k.path) for k in distinct})
        self._paths = Counter(path for path, _ in {(k.path, k.title) for k in distinct})

    def of(self, keys: ItemKeys) -> str:
        """Return the identity: the guid, else the link, the path, or the title and date."""
        if keys.guid:
            repeated = self._guids[keys.guid] > 1
            return fine_identity(keys) if repeated else bounded(f"guid:{keys.guid}")
        if keys.link and self._links[keys.link] == 1:
            return bounded(f"link:{keys.link}")
        if keys.path and self._paths[keys.path] == 1:
            return bounded(f"path:{keys.path}")
        return bounded(keys.title_and_date)


def fine_identity(keys: ItemKeys) -> str:
    """Return an identity that distinguishes items with the same guid."""
    return bounded(f"guid:{keys.guid} {keys.discriminator}")


def bounded(identity: str) -> str:
    """Return the identity, or its hash when it is too long to be indexed."""
    if len(identity) <= _MAX_LENGTH:
        return identity
    return f"sha256:{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()}"
