"""From page to page of a back catalogue: where it leads, and when it ends. Pure."""

from urllib.parse import urlsplit, urlunsplit

from tasks.feeds.feed_urls import feed_url_key
from tasks.feeds.values import Feed
from tasks.http.urls import UrlRefused, may_share_credentials, normal_url
from tasks.polling.archive.values import ArchiveProgress, ArchiveStep

# In a row, before a page is given up: they stand far apart, as those of a feed that fails.
MOST_ERRORS = 5

# A page that answers like this is not there, and will not be; any other answer may pass.
_FINAL = frozenset({"http_400", "http_401", "http_403", "http_404", "http_410", "address_refused",
                    "port_refused", "scheme_refused", "bad_url", "html", "json", "not_a_feed",
                    "entity_bomb", "too_complex"})  # fmt: skip


def leads_on(feed: Feed) -> tuple[str, str] | None:
    """By which relation a feed leads to older episodes, and where; None when it does not.

    Archives (RFC 5005, 4) go before pages (3): they never change, while an episode moves on to the
    next page whenever a new one appears.
    """
    if feed.prev_archive_url:
        return "prev-archive", feed.prev_archive_url
    return ("next", feed.next_page_url) if feed.next_page_url else None


def archive_start(feed_url: str, feed: Feed) -> ArchiveProgress | None:
    """The reading that a feed document asks for; None when there is nothing to read."""
    led = leads_on(feed)
    key = _key(led[1]) if led else None
    if led is None or key is None or key == _key(feed_url):
        return None
    return ArchiveProgress(*led, seen=(_key(feed_url) or "",))


def after_page(pages: ArchiveProgress, page: Feed, *, most: int) -> ArchiveStep:
    """What follows after a page was read, of at most ``most``.

    Links that go in a circle end it, and so does a chain that is longer than anybody's archive.
    """
    url = page.prev_archive_url if pages.relation == "prev-archive" else page.next_page_url
    key = _key(url) if url else None
    if key is None or url is None:
        return ArchiveStep(state="done", reason="all_read")
    if pages.until_url and key == _key(pages.until_url):
        return ArchiveStep(state="done", reason="all_read", message="the rest was read before")
    if key in (*pages.seen, _key(pages.next_url)):
        return ArchiveStep(
            state="failed", reason="page_loop", message="a page leads back to one before"
        )
    if pages.pages + 1 >= most:
        message = f"there is more after {most} pages"
        return ArchiveStep(state="failed", reason="too_many_pages", message=message)
    return ArchiveStep(url)


def after_failure(pages: ArchiveProgress, reason: str, message: str) -> ArchiveStep:
    """What follows when a page could not be had: again, or the end."""
    if reason in _FINAL or pages.error_count + 1 >= MOST_ERRORS:
        return ArchiveStep(state="failed", reason=reason, message=message)
    return ArchiveStep(pages.next_url, reason=reason, message=message)


def read_key(url: str) -> str:
    """The key under which a page counts as read."""
    return _key(url) or url


def with_credentials(url: str, feed_url: str) -> str:
    """A page's address with the user and password of its feed, where they may go along."""
    userinfo = urlsplit(feed_url).netloc.rpartition("@")[0]
    parts = urlsplit(url)
    if not userinfo or "@" in parts.netloc or not may_share_credentials(_bare(feed_url), url):
        return url
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _key(url: str) -> str | None:
    """What two spellings of an address have in common; None when it is none."""
    try:
        return feed_url_key(normal_url(url))
    except UrlRefused:
        return None
