"""What an answer says about a feed: pure, from the answer and what was known before."""

from dataclasses import dataclass, field
from typing import Any

from models import PodcastState
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Feed, FeedRefused
from tasks.http.values import Fetched, FetchFailed, ResponseHeaders, body_hash
from tasks.polling.values import ClaimedFeed, Poll

# An address that was never seen to be a feed, and answers like this, is no feed to wait for.
_NO_FEED = frozenset({"address_refused", "port_refused", "scheme_refused", "bad_url", "http_401",
                      "http_403", "http_404", "http_410"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassifiedResponse:
    """A look at a feed; with the document and its bytes when they are to be stored."""

    poll: Poll
    headers: ResponseHeaders = field(default_factory=ResponseHeaders)
    document: Feed | None = None
    body: bytes = field(default=b"", repr=False)


def classify_response(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> ClassifiedResponse:
    """Say what came of a look: unchanged, failed, refused, or a document to store. Never raises."""
    if isinstance(answer, FetchFailed):
        return _failed(feed, answer.reason, str(answer))
    if answer.status == 304 and feed.body_hash is not None:
        return _unchanged(feed, answer, feed.body_hash)
    if answer.body is None:
        message = f"the server answered {answer.status}"
        return _failed(feed, f"http_{answer.status}", message, answer)
    hashed = body_hash(answer.body)
    if hashed == feed.body_hash and not feed.skip_validators:
        return _unchanged(feed, answer, hashed)
    try:
        document = parse_feed(answer.body, url=answer.url, content_type=answer.headers.content_type)
    except FeedRefused as refused:
        return _failed(feed, refused.reason, str(refused), answer)
    poll = _found(feed, answer, "changed", hashed)
    return ClassifiedResponse(poll, answer.headers, document, answer.body)


def state_after(feed: ClaimedFeed, poll: Poll) -> PodcastState | None:
    """The state that a look without a document brings a podcast to; None when it keeps its own."""
    if poll.outcome == "refused":
        return PodcastState.refused
    if poll.status == 410 and feed.state is PodcastState.active:
        return PodcastState.gone
    if poll.ok and feed.state is PodcastState.gone:
        return PodcastState.active
    return None


def poll_of(feed: ClaimedFeed, outcome: str, **figures: Any) -> Poll:
    """A look at this feed."""
    return Poll(feed.podcast_id, feed.feed_url, outcome, **figures)


def _unchanged(feed: ClaimedFeed, answer: Fetched, hashed: bytes) -> ClassifiedResponse:
    poll = _found(feed, answer, "unchanged", hashed)
    return ClassifiedResponse(poll, answer.headers)


def _found(feed: ClaimedFeed, answer: Fetched, outcome: str, hashed: bytes) -> Poll:
    """A look that found the feed. A 304 may leave validators out: the ones we have still hold."""
    headers = answer.headers
    kept = (feed.etag, feed.last_modified) if answer.status == 304 else (None, None)
    return poll_of(
        feed,
        outcome,
        status=answer.status,
        took_ms=answer.took_ms,
        etag=headers.etag or kept[0],
        last_modified=headers.last_modified or kept[1],
        body_hash=hashed,
    )


def _failed(
    feed: ClaimedFeed, reason: str, message: str, answer: Fetched | None = None
) -> ClassifiedResponse:
    """A failed look; a refusal, if the address was never seen to be a feed and will not be."""
    no_feed = reason in _NO_FEED or (answer is not None and answer.body is not None)
    refused = feed.state is PodcastState.pending and no_feed
    poll = poll_of(
        feed,
        "refused" if refused else "failed",
        reason=reason,
        message=message,
        status=answer.status if answer else None,
        took_ms=answer.took_ms if answer else 0,
    )
    return ClassifiedResponse(poll, answer.headers if answer else ResponseHeaders())
