"""A feed in a poller's hands, and what came of looking at it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from models import PodcastState


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed that this process may poll: only the holder of ``claim`` may record the outcome."""

    podcast_id: int
    host_id: int
    state: PodcastState
    feed_url: str
    url: str = field(repr=False)
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None = field(repr=False)
    unconditional: bool
    error_count: int
    claim: UUID


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a feed came to.

    ``outcome`` is ``changed``, ``unchanged``, ``failed`` or ``refused``; ``reason`` a word for
    rows and logs; the counts are of episodes.
    """

    podcast_id: int
    feed_url: str
    outcome: str
    reason: str = ""
    message: str = ""
    status: int | None = None
    new: int = 0
    changed: int = 0
    took_ms: int = 0
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the feed was there and could be read."""
        return self.outcome in {"changed", "unchanged"}


@dataclass(frozen=True, slots=True)
class NextLook:
    """When a feed is polled next, and why then; never, when ``at`` is None."""

    at: datetime | None
    why: str


class ClaimLost(Exception):
    """The claim ran out and somebody else polls the feed; nothing may be recorded."""
