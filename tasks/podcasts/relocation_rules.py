"""Decides where a feed has moved: by permanent redirects for days, or when it is gone. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.feeds.feed_urls import feed_url_key
from tasks.http.urls import UrlRefused, normal_url

# A permanent redirect is followed after it was seen in so many polls, over so long a time:
# misconfigured servers redirect everything to a login page "permanently", for an afternoon.
MIN_REDIRECT_AGE = timedelta(days=2)
MIN_REDIRECT_POLLS = 3

# The status codes of a feed URL that is gone.
GONE_STATUSES = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class RedirectSighting:
    """A permanent redirect that is not followed yet: where to, since when, in how many polls."""

    url: str
    since: datetime
    polls: int


@dataclass(frozen=True, slots=True)
class Relocation:
    """What to do with a feed: relocate it to ``url`` if given, else remember ``sighting``."""

    url: str | None = None
    reason: str = ""
    sighting: RedirectSighting | None = None


def decide_move(
    url: str,
    permanent_url: str | None,
    seen: RedirectSighting | None,
    now: datetime,
    *,
    former: Collection[str] = (),
) -> Relocation:
    """Decide whether a feed that responded has moved.

    Args:
        url: the feed URL that was fetched.
        permanent_url: where permanent redirects led, if there were any.
        seen: the redirect seen in earlier polls.
        now: the time of this poll.
        former: keys of the feed's former URLs; it never moves back to one of them.
    """
    target = _normal_or_none(permanent_url)
    if target is None or target == _normal_or_none(url):
        return Relocation()
    if target == _https_url(url):
        return Relocation(target, "https")
    if feed_url_key(target) in former:
        return Relocation()
    if seen is None or seen.url != target:
        return Relocation(sighting=RedirectSighting(target, now, 1))
    sighting = RedirectSighting(target, seen.since, seen.polls + 1)
    if sighting.polls >= MIN_REDIRECT_POLLS and now - seen.since >= MIN_REDIRECT_AGE:
        return Relocation(target, "moved_for_days")
    return Relocation(sighting=sighting)


def decide_gone(
    url: str,
    status: int | None,
    seen: RedirectSighting | None,
    new_feed_url: str | None,
    *,
    former: Collection[str] = (),
) -> Relocation:
    """Decide where a feed that failed has moved to, if its URL is gone.

    ``new_feed_url`` is the feed's own ``itunes:new-feed-url``. It is trusted only now, because
    anybody who could once edit the feed may have written it.
    """
    if status not in GONE_STATUSES:
        return Relocation(sighting=seen)
    redirected = Relocation(seen.url, "gone_after_redirect") if seen else Relocation()
    for candidate in (redirected, Relocation(new_feed_url, "gone_new_feed_url")):
        target = _normal_or_none(candidate.url)
        if target and feed_url_key(target) not in {feed_url_key(url), *former}:
            return Relocation(target, candidate.reason)
    return Relocation(sighting=seen)


def _normal_or_none(url: str | None) -> str | None:
    try:
        return normal_url(url) if url else None
    except UrlRefused:
        return None


def _https_url(url: str) -> str | None:
    """The same URL with https; None when it has https already."""
    normal = _normal_or_none(url)
    if normal is None or not normal.startswith("http://"):
        return None
    return "https://" + normal.removeprefix("http://")
