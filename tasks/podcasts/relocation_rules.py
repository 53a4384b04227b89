"""Where a feed has moved to: believed when it is permanent for days, or the old address is gone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.feeds.feed_urls import feed_url_key
from tasks.http.urls import UrlRefused, normal_url

# A redirect that is called permanent is believed when it has been seen for so long, so often.
# Misconfigured servers send everybody to a login page, and call it permanent, for an afternoon.
BELIEVED_AFTER = timedelta(days=2)
BELIEVED_POLLS = 3

# Answers by which an address says that it is no more.
GONE_STATUSES = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class RedirectSighting:
    """An address that a feed seems to have moved to: since when, and in how many looks."""

    url: str
    since: datetime
    polls: int


@dataclass(frozen=True, slots=True)
class Relocation:
    """What to do about a feed's address: go to ``url`` if it is given, else keep ``sighting``."""

    url: str | None = None
    why: str = ""
    sighting: RedirectSighting | None = None


def decide_move(
    url: str,
    permanent_url: str | None,
    seen: RedirectSighting | None,
    now: datetime,
    *,
    former: Collection[str] = (),
) -> Relocation:
    """Decide about an answer that came, through redirects or without.

    Args:
        url: the address that was asked.
        permanent_url: where permanent redirects led, if there were any.
        seen: what was remembered of earlier looks.
        now: the time of this look.
        former: keys of the addresses that the feed has had; it never goes back to one.
    """
    target = _address(permanent_url)
    if target is None or target == _address(url):
        return Relocation()
    if target == _upgraded(url):
        return Relocation(target, "https")
    if feed_url_key(target) in former:
        return Relocation()
    if seen is None or seen.url != target:
        return Relocation(sighting=RedirectSighting(target, now, 1))
    sighting = RedirectSighting(target, seen.since, seen.polls + 1)
    if sighting.polls >= BELIEVED_POLLS and now - seen.since >= BELIEVED_AFTER:
        return Relocation(target, "moved_for_days")
    return Relocation(sighting=sighting)


def decide_gone(
    url: str,
    status: int | None,
    seen: RedirectSighting | None,
    hint: str | None,
    *,
    former: Collection[str] = (),
) -> Relocation:
    """Decide about an address that failed: one that is gone is left for where it pointed.

    ``hint`` is the feed's own ``itunes:new-feed-url``, believed only now: anybody who once had the
    feed's file in hand can have written it.
    """
    if status not in GONE_STATUSES:
        return Relocation(sighting=seen)
    pointed = Relocation(seen.url, "gone_after_redirect") if seen else Relocation()
    for move in (pointed, Relocation(hint, "gone_new_feed_url")):
        address = _address(move.url)
        if address and feed_url_key(address) not in {feed_url_key(url), *former}:
            return Relocation(address, move.why)
    return Relocation(sighting=seen)


def _address(url: str | None) -> str | None:
    try:
        return normal_url(url) if url else None
    except UrlRefused:
        return None


def _upgraded(url: str) -> str | None:
    """The same address over https; None when it is that already."""
    address = _address(url)
    if address is None or not address.startswith("http://"):
        return None
    return "https://" + address.removeprefix("http://")
