"""Classifies a response to a poll: unchanged, failed, refused, or a document to store."""

from dataclasses import dataclass, field
from typing import Any

from models import PodcastState
from tasks.budgets.values import BudgetInterrupted
from tasks.feeds.read import read_feed
from tasks.feeds.values import Feed, FeedRefused
from tasks.http.urls import origin_of
from tasks.http.values import Fetched, FetchFailed, ResponseHeaders, body_hash
from tasks.podcasts.transitions import PodcastEvent, next_state
from tasks.polling.values import ClaimedFeed, Poll

# A URL that was never a feed and fails for one of these reasons is refused, and not retried.
_NO_FEED = frozenset(
    {
        "address_refused",
        "port_refused",
        "scheme_refused",
        "bad_url",
        "http_401",
        "http_403",
        "http_404",
        "http_410",
    }
)


@dataclass(frozen=True, slots=True)
class ClassifiedResponse:
    """A feed, its poll, and the document with its bytes if there is one to store."""

    feed: ClaimedFeed
    poll: Poll
    headers: ResponseHeaders = field(default_factory=ResponseHeaders)
    document: Feed | None = None
    body: bytes = field(default=b"", repr=False)

    @property
    def event(self) -> PodcastEvent | None:
        """What this poll means for the state of the podcast; None when nothing."""
        event = _event(self.poll)
        return event if event and next_state(self.feed.state, event) else None


def classify_response(feed: ClaimedFeed, response: Fetched | FetchFailed) -> ClassifiedResponse:
    """Return the outcome of a poll, with the parsed document if the feed changed."""
    if isinstance(response, FetchFailed):
        return _failed(feed, response.reason, str(response))
    if response.status == 304 and feed.body_hash is not None:
        return _unchanged(feed, response, feed.body_hash)
    if response.body is None:
        message = f"the server answered {response.status}"
        return _failed(feed, f"http_{response.status}", message, response)
    hashed = body_hash(response.body)
    if hashed == feed.body_hash and not feed.skip_validators:
        return _unchanged(feed, response, hashed)
    poll = _succeeded(feed, response, "changed", hashed)
    return _read(feed, response, poll, response.body)


def _read(feed: ClaimedFeed, response: Fetched, poll: Poll, body: bytes) -> ClassifiedResponse:
    """The poll with its document, or a failed poll if that cannot be read."""
    content_type = response.headers.content_type
    try:
        document = read_feed(body, url=response.url, content_type=content_type)
    except FeedRefused as refused:
        return _failed(feed, refused.reason, str(refused), response)
    except BudgetInterrupted as interrupted:
        return _failed(feed, "time_limit", str(interrupted))
    return ClassifiedResponse(feed, poll, response.headers, document, body)


def new_poll(feed: ClaimedFeed, outcome: str, **fields: Any) -> Poll:
    """Return a poll of this feed."""
    return Poll(feed.podcast_id, feed.feed_url, outcome, **fields)


def _event(poll: Poll) -> PodcastEvent | None:
    if poll.outcome == "refused":
        return PodcastEvent.no_feed
    if poll.status == 410:
        return PodcastEvent.gone
    return PodcastEvent.document if poll.succeeded else None


def _unchanged(feed: ClaimedFeed, response: Fetched, hashed: bytes) -> ClassifiedResponse:
    poll = _succeeded(feed, response, "unchanged", hashed)
    return ClassifiedResponse(feed, poll, response.headers)


def _succeeded(feed: ClaimedFeed, response: Fetched, outcome: str, hashed: bytes) -> Poll:
    """A successful poll. A 304 may omit validators: the stored ones then stay valid."""
    headers = response.headers
    stored = (feed.etag, feed.last_modified) if response.status == 304 else (None, None)
    return new_poll(
        feed,
        outcome,
        status=response.status,
        took_ms=response.took_ms,
        etag=headers.etag or stored[0],
        last_modified=headers.last_modified or stored[1],
        validators_origin=_validators_origin(feed, response),
        body_hash=hashed,
    )


def _validators_origin(feed: ClaimedFeed, response: Fetched) -> str | None:
    """The origin that sent the validators; None when it is that of the feed URL."""
    origin = origin_of(response.url)
    return None if origin == origin_of(feed.url) else origin


def _failed(
    feed: ClaimedFeed, reason: str, message: str, response: Fetched | None = None
) -> ClassifiedResponse:
    """A failed poll; refused if the URL was never a feed and will not become one."""
    no_feed = reason in _NO_FEED or (response is not None and response.body is not None)
    refused = feed.state is PodcastState.pending and no_feed
    poll = new_poll(
        feed,
        "refused" if refused else "failed",
        reason=reason,
        message=message,
        status=response.status if response else None,
        took_ms=response.took_ms if response else 0,
    )
    return ClassifiedResponse(feed, poll, response.headers if response else ResponseHeaders())
