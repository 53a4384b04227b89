"""A feed in a poller's hands, and what came of looking at it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models import PodcastState
from tasks.polling.archive.values import ArchiveProgress


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed that this process may poll: only the holder of ``claim`` may record the outcome.

    ``has_archive`` says that its back catalogue is being read; with ``pages``, this look is for the
    next page of it, and the feed itself is due at ``feed_due_at``.
    """

    podcast_id: int
    host_id: int
    state: PodcastState
    feed_url: str
    url: str = field(repr=False)
    etag: str | None
    last_modified: str | None
    body_hash: bytes | None = field(repr=False)
    skip_validators: bool
    error_count: int
    claim_token: UUID
    failing_since: datetime | None = None
    last_ok_at: datetime | None = None
    next_poll_at: datetime | None = None
    rhythm: dict[str, Any] | None = field(default=None, repr=False)
    redirect_url: str | None = field(default=None, repr=False)
    redirect_since: datetime | None = None
    redirect_polls: int = 0
    new_feed_url: str | None = field(default=None, repr=False)
    next_poll_reason: str = ""
    streak_outcome: str | None = None
    streak_reason: str | None = None
    hub_url: str | None = field(default=None, repr=False)
    topic_url: str | None = field(default=None, repr=False)
    pushed_until: datetime | None = None
    has_archive: bool = False
    pages: ArchiveProgress | None = field(default=None, repr=False)
    feed_due_at: datetime | None = None
    feed_due_reason: str = ""

    def same_as_before(self, poll: "Poll") -> bool:
        """Whether a look came to the same as those before it; a changed feed never did."""
        same = (poll.outcome, poll.reason) == (self.streak_outcome, self.streak_reason or "")
        return same and poll.outcome != "changed"

    def notified_by_push(self, now: datetime) -> bool:
        """Whether a hub has promised to tell us of new episodes, and has shown that it does."""
        return self.pushed_until is not None and self.pushed_until > now


@dataclass(frozen=True, slots=True)
class Poll:
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
class NextPoll:
    """When a feed is polled next, and why then; never, when ``at`` is None.

    ``host_not_before``: when its whole host may be asked again, if the host said so.
    """

    at: datetime | None
    why: str
    host_not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """How often we look at feeds that work.

    Attributes:
        floor: the shortest time between two looks, whatever a feed publishes.
        ceiling: the longest, for a feed that published within the last year.
        patience: how long an episode may wait to be found, on average over what may happen, before
            another request is worth it. Half of it costs about 1.4 times the requests.
        pushed: the shortest time between two looks at a feed whose hub tells us of new episodes:
            a look only makes sure that it still does.
    """

    floor: timedelta = timedelta(minutes=10)
    ceiling: timedelta = timedelta(hours=12)
    patience: timedelta = timedelta(minutes=3)
    pushed: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class PushState:
    """What others told us of a feed.

    Attributes:
        healthy: a hub has proved to tell us of new episodes.
        hinted: the look at hand was made because somebody told us of news.
    """

    healthy: bool = False
    hinted: bool = False


@dataclass(frozen=True, slots=True)
class FailureState:
    """How a feed has failed so far, the look at hand included."""

    error_count: int = 0
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollResult:
    """A look with what follows from it: the next one, and the rhythm if something was learned."""

    feed: ClaimedFeed
    poll: Poll
    next_poll: NextPoll
    rhythm: dict[str, Any] | None = field(default=None, repr=False)


class ClaimLost(Exception):
    """The claim ran out and somebody else polls the feed; nothing may be recorded."""
