"""The reading of a back catalogue, and what a page of it came to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ArchiveProgress:
    """How far the pages of a feed have been read.

    Attributes:
        relation: the link that leads on, ``next`` or ``prev-archive``.
        next_url: the page to read now.
        until_url: the archive that an earlier reading began with.
        seen: keys of the pages that were read, the feed itself first.
    """

    relation: str
    next_url: str = field(repr=False)
    until_url: str | None = field(default=None, repr=False)
    seen: tuple[str, ...] = field(default=(), repr=False)
    pages: int = 0
    error_count: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveStep:
    """What follows after a page: the next one, or the end and why."""

    next_url: str | None = field(default=None, repr=False)
    state: str = "reading"
    reason: str = ""
    message: str = ""
