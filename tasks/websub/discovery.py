"""Discovers the hub that a feed offers (WebSub 4). Pure."""

from collections.abc import Iterable

from tasks.feeds.values import Feed
from tasks.http.redaction import is_private
from tasks.http.urls import UrlRefused, normal_url
from tasks.http.values import ResponseHeaders
from tasks.websub.values import HubOffer

# Hub and topic share one database index, whose entries are bounded; real URLs are far shorter.
MAX_LENGTH = 1000


def discover_hub(feed_url: str, document: Feed, headers: ResponseHeaders) -> HubOffer | None:
    """Return the first usable hub and the feed's topic URL; None if it offers no usable hub.

    Link headers go before links in the document. A private feed has no hub: its URL is a secret
    between its publisher and us, which a hub must not learn.
    """
    hub = _first_usable(headers.hubs or document.hubs)
    topic = _first_usable([headers.self_url or document.self_url or feed_url])
    if hub is None or topic is None or is_private(feed_url):
        return None
    return HubOffer(hub, topic)


def _first_usable(urls: Iterable[str]) -> str | None:
    return next((url.strip() for url in urls if _is_usable(url.strip())), None)


def _is_usable(url: str) -> bool:
    try:
        normal_url(url)
    except UrlRefused:
        return False
    return len(url) <= MAX_LENGTH and not is_private(url)
