"""The values of a parsed feed: channel, items, enclosures, transcripts, persons, schedule."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tasks.feeds.parser.text import paragraphs

# Featured images are enclosures too, in feeds of WordPress.
_KINDS = {"audio": True, "video": True, "image": False, "text": False}
_SUFFIXES = {
    **dict.fromkeys(("mp3", "m4a", "m4b", "mp4", "m4v", "aac", "ogg", "oga", "opus", "wav"), True),
    **dict.fromkeys(("flac", "wma", "mov", "webm", "m3u8"), True),
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "svg", "pdf", "html", "txt"), False),
}


class FeedRefused(Exception):
    """The bytes are not a feed that can be read.

    Attributes:
        reason: a reason code for rows, logs and tests: ``empty``, ``html``, ``json``,
            ``truncated``, ``not_a_feed``, ``entity_bomb``, ...
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["FeedRefused"], tuple[str, str]]:
        """It is pickled when a child process has read the feed."""
        return FeedRefused, (self.reason, str(self))


@dataclass(frozen=True, slots=True)
class PersonTag:
    """A ``podcast:person`` tag: a person on the episode. It is a candidate, not an appearance."""

    name: str
    role: str = "host"
    group: str = "cast"
    href: str | None = None
    img: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """A ``podcast:transcript`` tag: the URL of a transcript that the publisher offers."""

    url: str
    type: str = ""
    language: str | None = None
    rel: str | None = None


class Enclosure(NamedTuple):
    """The enclosure of an item; ``length`` is in bytes, None when absent or not a number.

    A tuple for the same reason as :class:`Item`.
    """

    url: str
    type: str = ""
    length: int | None = None

    @property
    def is_audio(self) -> bool | None:
        """Whether it is audio or video by its type or else its suffix; None when neither tells."""
        kind = _KINDS.get(self.type.partition("/")[0])
        if kind is not None:
            return kind
        return _SUFFIXES.get(self.url.partition("?")[0].rpartition(".")[2].lower())


class Item(NamedTuple):
    """One item of a feed. Dates are aware UTC; None when missing or unreadable.

    A tuple and not a dataclass: with so many fields it is created in a fifth of the time.
    """

    title: str = ""
    guid: str | None = None
    link: str | None = None
    description_markup: str = ""  # HTML as published
    author: str = ""
    image: str | None = None
    published_at: datetime | None = None
    duration_ms: int | None = None
    season: int | None = None
    number: int | None = None
    type: str = ""
    explicit: bool | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters_url: str | None = None
    # The item's own person tags; effective_persons adds the channel's where there are none.
    persons: tuple[PersonTag, ...] = ()

    @property
    def audio(self) -> Enclosure | None:
        """The enclosure to play: the first that is audio or video, else the first of no kind."""
        spoken = (each for each in self.enclosures if each.is_audio)
        unknown = (each for each in self.enclosures if each.is_audio is None)
        return next(spoken, None) or next(unknown, None)

    @property
    def description(self) -> str:
        """The description as plain text. Computed on demand, because most items are known."""
        return paragraphs(self.description_markup)


@dataclass(frozen=True, slots=True)
class ScheduleTags:
    """A feed's tags about its schedule: ttl, skipHours, skipDays (RSS 2.0), sy: and podcast:."""

    ttl_minutes: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()  # Monday is 0
    update_period_seconds: int | None = None
    update_frequency: str | None = None  # podcast:updateFrequency: its rrule or its text
    complete: bool = False
    podping: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed document, with its items in document order."""

    format: str  # "rss" or "atom"
    title: str = ""
    link: str | None = None
    description: str = ""
    language: str | None = None
    author: str = ""
    image: str | None = None
    explicit: bool | None = None
    type: str = ""
    podcast_guid: str | None = None
    new_feed_url: str | None = None
    self_url: str | None = None
    hubs: tuple[str, ...] = ()
    next_page_url: str | None = None
    prev_archive_url: str | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    persons: tuple[PersonTag, ...] = ()
    schedule_tags: ScheduleTags = field(default_factory=ScheduleTags)
    items: tuple[Item, ...] = ()
