"""Values of links: what was typed, what it leads to, and why it leads nowhere."""

from dataclasses import dataclass, field
from enum import StrEnum

from tasks.feeds.opml import OpmlEntry


class LinkKind(StrEnum):
    """What has to be done to find the feed of a link."""

    web = "web"  # a feed or a page: fetched to find out
    apple = "apple"  # an id of Apple Podcasts, for a lookup
    podcast_index = "podcast_index"  # an id of the Podcast Index, likewise
    overcast = "overcast"  # a page of Overcast, which has the id of Apple Podcasts
    spotify = "spotify"  # a show on Spotify: its title is searched
    words = "words"  # a name, typed or part of a link: searched


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was typed, and its URL, id or words in ``value``.

    ``country`` is the storefront of an Apple link. ``form`` names the kind of link where its words
    come from the link and not from the reader. ``listed`` is a feed URL of a list, which is
    polled and not fetched before.
    """

    kind: LinkKind
    value: str = field(repr=False)
    country: str = ""
    form: str = ""
    has_scheme: bool = True
    listed: bool = False


@dataclass(frozen=True, slots=True)
class LinkRefusal:
    """Why a link leads to no feed: a reason code, a sentence, and what to do next."""

    reason: str
    message: str
    next_step: str


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed URL; ``episodes`` and ``transcripts`` are known where the feed was read."""

    url: str = field(repr=False)
    title: str = ""
    episodes: int | None = None
    transcripts: int = 0


@dataclass(frozen=True, slots=True)
class FoundPodcast:
    """A podcast that may be meant."""

    title: str
    author: str
    feed_url: str
    artwork_url: str = ""


@dataclass(frozen=True, slots=True)
class FoundPodcasts:
    """Podcasts of which a reader chooses one."""

    podcasts: tuple[FoundPodcast, ...]


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list of feeds at a URL."""

    entries: tuple[OpmlEntry, ...]


Resolution = FoundFeed | FoundPodcasts | FoundList | LinkRefusal
