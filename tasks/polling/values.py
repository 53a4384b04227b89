"""Values that the steps of polling pass on: claimed feed, poll, next poll, poll result."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models import PodcastState
from tasks.polling.archive.values import ArchiveProgress

# The reason of a next poll that fetches an archive page, and not the feed itself.
ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed that this process may poll: only the owner of ``claim_token`` may record the result.

    Attributes:
        url: the feed URL as it is fetched, with its secrets; ``feed_url`` is the one to show.
        validators_origin: the origin that sent ``etag`` and ``last_modified``, where redirects led
            to another than that of the feed URL.
        skip_validators: fetch the whole feed, even if it has not changed.
        publish_pattern: the stored :class:`PublishPattern`, as JSON.
        archive_in_progress: archive pages of this feed remain to be read.
        archive_page: set when this poll is for the next archive page and not for the feed itself;
            the feed itself is then due at ``feed_due_at``.
        pushed_until: when the lease of a WebSub subscription that delivers expires.
    """

    podcast_id: int
    host_id: int
    state: PodcastState
    feed_url: str
    url: str = field(repr=False)
    etag: str | None
    last_modified: str | None
    validators_origin: str | None
    body_hash: bytes | None = field(repr=False)
    skip_validators: bool
    error_count: int
    claim_token: UUID
    failing_since: datetime | None = None
    last_ok_at: datetime | None = None
    next_poll_at: datetime | None = None
    publish_pattern: dict[str, Any] | None = field(default=None, repr=False)
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
    archive_in_progress: bool = False
    archive_page: ArchiveProgress | None = field(default=None, repr=False)
    feed_due_at: datetime | None = None
    feed_due_reason: str = ""

    def continues_streak(self, poll: "Poll") -> bool:
        """Whether a poll has the same outcome as the polls before it; a changed feed never has."""
        streak = (self.streak_outcome, self.streak_reason or "")
        return poll.outcome != "changed" and (poll.outcome, poll.reason) == streak

    def has_active_push(self, now: datetime) -> bool:
        """Whether a hub notifies us of new episodes, and has shown that it does."""
        return self.pushed_until is not None and self.pushed_until > now


@dataclass(frozen=True, slots=True)
class Poll:
    """One fetch of a feed and its outcome.

    Attributes:
        outcome: ``changed``, ``unchanged``, ``failed`` or ``refused``.
        reason: a reason code for rows and logs; empty when the poll succeeded.
        new: how many episodes are new.
        changed: how many known episodes changed.
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
    validators_origin: str | None = None
    body_hash: bytes | None = field(default=None, repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether the feed was fetched and could be read."""
        return self.outcome in {"changed", "unchanged"}


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When a feed is polled next, and the reason code; ``at`` is None for never.

    ``host_not_before`` is set when the server requires all clients to wait: no feed of this host is
    polled before then.
    """

    at: datetime | None
    reason: str
    host_not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """How often feeds that work are polled.

    Attributes:
        minimum: the shortest time between two polls of a feed.
        maximum: the longest, for a feed that published within the last year.
        target_delay: the expected delay until a new episode is discovered. Halving it costs about
            40 % more requests.
        with_push: the shortest time between two polls of a feed whose hub notifies us of new
            episodes: these polls only verify that it still does.
    """

    minimum: timedelta = timedelta(minutes=10)
    maximum: timedelta = timedelta(hours=12)
    target_delay: timedelta = timedelta(minutes=3)
    with_push: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class PushState:
    """What notifications mean for the schedule of a feed.

    Attributes:
        active: a hub has shown that it notifies us of new episodes.
        notified: a notification caused this poll.
    """

    active: bool = False
    notified: bool = False


@dataclass(frozen=True, slots=True)
class FailureState:
    """How often a feed has failed in a row, and since when; this poll counts."""

    error_count: int = 0
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollResult:
    """A poll with what follows from it: the next poll, and the publish pattern if it changed."""

    feed: ClaimedFeed
    poll: Poll
    next_poll: NextPoll
    publish_pattern: dict[str, Any] | None = field(default=None, repr=False)


class ClaimLost(Exception):
    """The claim expired and another process polls the feed: nothing may be recorded."""
