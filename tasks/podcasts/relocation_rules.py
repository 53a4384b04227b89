"""Where a feed has moved to: believed when it is permanent for days, or the old address is gone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.feeds.feed_urls import address_key
from tasks.http.urls import UrlRefused, normal_url

# A redirect that is called permanent is believed when it has been seen for so long, so often.
# Misconfigured servers send everybody to a login page, and call it permanent, for an afternoon.
BELIEVED_AFTER = timedelta(days=2)
BELIEVED_LOOKS = 3

# Answers by which an address says that it is no more.
GONE_STATUSES = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Sighting:
    """An address that a feed seems to have moved to: since when, and in how many looks."""

    url: str
    since: datetime
    looks: int


@dataclass(frozen=True, slots=True)
class Move:
    """What to do about a feed's address: go to ``url`` if it is given, else keep ``sighting``."""

    url: str | None = None
    why: str = ""
    sighting: Sighting | None = None


def judge_move(
    url: str,
    permanent_url: str | None,
    seen: Sighting | None,
    now: datetime,
    *,
    former: Collection[str] = (),
) -> Move:
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
        return Move()
    if target == _upgraded(url):
        return Move(target, "https")
    if address_key(target) in former:
        return Move()
    if seen is None or seen.url != target:
        return Move(sighting=Sighting(target, now, 1))
    sighting = Sighting(target, seen.since, seen.looks + 1)
    if sighting.looks >= BELIEVED_LOOKS and now - seen.since >= BELIEVED_AFTER:
        return Move(target, "moved_for_days")
    return Move(sighting=sighting)


def judge_gone(
    url: str,
    status: int | None,
    seen: Sighting | None,
    hint: str | None,
    *,
    former: Collection[str] = (),
) -> Move:
    """Decide about an address that failed: one that is gone is left for where it pointed.

    ``hint`` is the feed's own ``itunes:new-feed-url``, believed only now: anybody who once had the
    feed's file in hand can have written it.
    """
    if status not in GONE_STATUSES:
        return Move(sighting=seen)
    pointed = Move(seen.url, "gone_after_redirect") if seen else Move()
    for move in (pointed, Move(hint, "gone_to_hint")):
        address = _address(move.url)
        if address and address_key(address) not in {address_key(url), *former}:
            return Move(address, move.why)
    return Move(sighting=seen)


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
