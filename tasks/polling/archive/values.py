"""How far the archive of a feed has been read, and what follows after one archive page."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ArchiveProgress:
    """How far the archive pages of a feed have been read.

    Attributes:
        relation: the link relation that leads to the next page, ``next`` or ``prev-archive``.
        next_url: the archive page to read next.
        until_url: the page at which an earlier reading started, and where this one can end.
        seen: URL keys of the pages read so far, the feed itself first.
        error_count: how often ``next_url`` has failed in a row.
    """

    relation: str
    next_url: str = field(repr=False)
    until_url: str | None = field(default=None, repr=False)
    seen: tuple[str, ...] = field(default=(), repr=False)
    pages: int = 0
    error_count: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveStep:
    """What follows after an archive page: the next page, or the end with its reason."""

    next_url: str | None = field(default=None, repr=False)
    state: str = "reading"
    reason: str = ""
    message: str = ""
