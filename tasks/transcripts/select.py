"""Which of the offered transcripts to read first: those with speakers and times."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlsplit


class TranscriptOffer(Protocol):
    """A transcript on offer, as a feed has it or as its row does."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def type(self) -> str:
        """Its media type as declared: a hint."""

    @property
    def language(self) -> str | None:
        """Its language as declared (BCP 47)."""

    @property
    def rel(self) -> str | None:
        """``captions`` when it is meant for the screen."""


Link = TypeVar("Link", bound=TranscriptOffer)

# By what a format can say: JSON and WebVTT name speakers and times, HTML speakers and seconds, SRT
# names them by custom only, text may name them. Lower is better.
_BY_TYPE = {
    "application/json": 0,
    "text/vtt": 1,
    "application/x-subrip": 2,
    "application/srt": 2,
    "text/srt": 2,
    "text/html": 3,
    "text/markdown": 4,
    "text/plain": 5,
}
_BY_SUFFIX = {"json": 0, "vtt": 1, "srt": 2, "html": 3, "htm": 3, "md": 4, "markdown": 4, "txt": 5}
_UNKNOWN = 6


def rank_transcripts(offered: Sequence[Link], *, podcast_language: str | None = None) -> list[Link]:
    """Return the offered transcripts, the best first; the order of the feed decides between equals.

    The podcast's own language comes before the format (a translation is not what was said), the
    format before ``rel="captions"``, which the specification has for accessibility and which tends
    to be cut for the screen. An address offered twice is kept once.
    """
    once = {link.url: link for link in reversed(offered)}
    links = [link for link in offered if once.pop(link.url, None) is not None]
    return sorted(links, key=lambda link: _cost(link, podcast_language))


def _cost(link: TranscriptOffer, podcast_language: str | None) -> tuple[int, int, int]:
    return (
        _language_cost(link.language, podcast_language),
        _format_cost(link),
        int((link.rel or "").strip().lower() == "captions"),
    )


def _language_cost(language: str | None, wanted: str | None) -> int:
    """0 for the same language (BCP 47 primary subtag), 1 when one is not said, 2 for another."""
    if not (language or "").strip() or not (wanted or "").strip():
        return 1 if wanted else 0
    return 0 if _primary(language or "") == _primary(wanted or "") else 2


def _primary(language: str) -> str:
    return language.strip().lower().replace("_", "-").split("-")[0]


def _format_cost(link: TranscriptOffer) -> int:
    named = link.type.split(";")[0].strip().lower()
    if named in _BY_TYPE and named != "text/plain":  # what servers say when they do not know
        return _BY_TYPE[named]
    try:
        suffix = urlsplit(link.url).path.rpartition(".")[2].lower()
    except ValueError:
        suffix = ""
    return _BY_SUFFIX.get(suffix, _BY_TYPE.get(named, _UNKNOWN))
