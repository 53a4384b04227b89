"""Finds in a web page the feeds and the podcast that it links to. Pure."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tasks.http.urls import UrlRefused, normal_url
from tasks.links.app_links import link_of_app
from tasks.links.values import LinkKind

# The links are in the head and near the top; what is longer is not read further.
MAX_PAGE_BYTES = 1_000_000
MAX_FEEDS = 8
FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
WELL_KNOWN_PATHS = (
    "/feed",
    "/rss",
    "/feed.xml",
    "/rss.xml",
    "/podcast.xml",
    "/feed/podcast",
    "/index.xml",
    "/atom.xml",
)
_OVERCAST_ID = re.compile(rb'href="/itunes(\d{5,12})[/"]')
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{2,20})", re.IGNORECASE)


class _PageParser(HTMLParser):
    """Collects feed links and the links of directories, as far as the page can be read."""

    def __init__(self, base_url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base_url = base_url
        self.feeds: dict[str, str] = {}
        self.apple_ids: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        href = values.get("href", "").strip()
        if not href:
            return
        if tag == "base":
            self.base_url = _joined(self.base_url, href) or self.base_url
        elif tag == "link" and "alternate" in values.get("rel", "").lower().split():
            self._feed(values, href)
        elif tag == "a":
            self._anchor(href)

    def _feed(self, values: dict[str, str], href: str) -> None:
        kind = values.get("type", "").partition(";")[0].strip().lower()
        url = _joined(self.base_url, href)
        if kind in FEED_TYPES and url:
            self.feeds.setdefault(url, values.get("title", ""))

    def _anchor(self, href: str) -> None:
        if "podcast" not in href and "itunes" not in href:
            return
        url = _joined(self.base_url, href)
        link = link_of_app(urlsplit(url)) if url else None
        if link and link.kind is LinkKind.apple:
            self.apple_ids.setdefault(link.value)


def page_feeds(body: bytes, url: str) -> list[str]:
    """The feed URLs that a page names (``link rel=alternate``), in its order, comments last."""
    feeds = _parsed(body, url).feeds
    ordered = sorted(feeds, key=lambda each: _is_comments(each, feeds[each]))
    return ordered[:MAX_FEEDS]


def page_apple_id(body: bytes, url: str) -> str | None:
    """The id of Apple Podcasts that a page links to; None if it links to none, or to several."""
    ids = list(_parsed(body, url).apple_ids)
    return ids[0] if len(ids) == 1 else None


def overcast_apple_id(body: bytes) -> str | None:
    """The id of Apple Podcasts in a page of Overcast."""
    found = _OVERCAST_ID.search(body[:MAX_PAGE_BYTES])
    return found[1].decode() if found else None


def well_known_urls(url: str) -> list[str]:
    """Where sites have their feed if no page names it."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}{path}" for path in WELL_KNOWN_PATHS]


def _parsed(body: bytes, url: str) -> _PageParser:
    body = body[:MAX_PAGE_BYTES]
    charset = _CHARSET.search(body[:4096])
    try:
        text = body.decode(charset[1].decode() if charset else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    parser = _PageParser(url)
    parser.feed(text)
    return parser


def _joined(base: str, href: str) -> str | None:
    try:
        return normal_url(urljoin(base, href))
    except (UrlRefused, ValueError):
        return None


def _is_comments(url: str, title: str) -> bool:
    return "comment" in url.lower() or "comment" in title.lower()
