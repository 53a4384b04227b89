"""Rank the listed transcripts of an episode: those with speakers and times come first."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from models.language import primary_subtag


class TranscriptOffer(Protocol):
    """A listed transcript, from a feed or from its row."""

    @property
    def url(self) -> str:
        """Its URL."""

    @property
    def type(self) -> str:
        """Its declared media type: a hint."""

    @property
    def language(self) -> str | None:
        """Its declared language (BCP 47)."""

    @property
    def rel(self) -> str | None:
        """``captions`` when it is meant for display on a screen."""


Link = TypeVar("Link", bound=TranscriptOffer)

# Ranks by what a format can express; lower is better. JSON, WebVTT and TTML have speakers and
# times, HTML has speakers and seconds, SRT has speakers by convention only, and text may have them.
_BY_TYPE = {
    "application/json": 0,
    "text/vtt": 1,
    "application/ttml+xml": 1,
    "application/x-subrip": 2,
    "application/srt": 2,
    "text/srt": 2,
    "text/html": 3,
    "text/markdown": 4,
    "text/plain": 5,
}
_BY_SUFFIX = {
    "json": 0,
    "json3": 0,
    "vtt": 1,
    "ttml": 1,
    "srt": 2,
    "sbv": 2,
    "tsv": 2,
    "srv3": 2,
    "html": 3,
    "htm": 3,
    "md": 4,
    "markdown": 4,
    "txt": 5,
}
_UNKNOWN = 6


def rank_transcripts(listed: Sequence[Link], *, podcast_language: str | None = None) -> list[Link]:
    """Return the listed transcripts, the best one first.

    The podcast's language matters most, because a translation is not what people say. Then comes
    the format, then ``rel="captions"``, which the specification has for accessibility: captions
    are often shortened for the screen. Equal transcripts stay in the order of the feed. A URL that
    is listed twice comes once.
    """
    once = {link.url: link for link in reversed(listed)}
    links = [link for link in listed if once.pop(link.url, None) is not None]
    return sorted(links, key=lambda link: _rank(link, podcast_language))


def _rank(link: TranscriptOffer, podcast_language: str | None) -> tuple[int, int, int]:
    return (
        _language_rank(link.language, podcast_language),
        _format_rank(link),
        int((link.rel or "").strip().lower() == "captions"),
    )


def _language_rank(language: str | None, podcast_language: str | None) -> int:
    """0 for the podcast's language or a podcast without one, 1 for unknown, 2 for another."""
    subtag, podcast_subtag = primary_subtag(language), primary_subtag(podcast_language)
    if not podcast_subtag or subtag == podcast_subtag:
        return 0
    return 2 if subtag else 1


def is_in_language_of(link: TranscriptOffer, other: TranscriptOffer) -> bool:
    """Whether two transcripts may be of one language: a translation is not what was spoken."""
    subtags = {primary_subtag(link.language), primary_subtag(other.language)} - {""}
    return len(subtags) < 2


def _format_rank(link: TranscriptOffer) -> int:
    media_type = link.type.split(";")[0].strip().lower()
    if media_type in _BY_TYPE and media_type != "text/plain":  # also the default of many servers
        return _BY_TYPE[media_type]
    try:
        suffix = urlsplit(link.url).path.rpartition(".")[2].lower()
    except ValueError:
        suffix = ""
    return _BY_SUFFIX.get(suffix, _BY_TYPE.get(media_type, _UNKNOWN))
