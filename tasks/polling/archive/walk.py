"""The way from one archive page to the next (RFC 5005), and where it ends. Pure."""

from urllib.parse import urlsplit, urlunsplit

from tasks.feeds.feed_urls import feed_url_key
from tasks.feeds.values import Feed
from tasks.http.urls import UrlRefused, may_share_credentials, normal_url
from tasks.polling.archive.values import ArchiveProgress, ArchiveStep

# An archive is given up after so many failures of one page in a row, with backoff between them.
MAX_ERRORS = 5

# A page that fails for one of these reasons is not retried; all other failures may pass.
_PERMANENT = frozenset(
    {
        "http_400",
        "http_401",
        "http_403",
        "http_404",
        "http_410",
        "address_refused",
        "port_refused",
        "scheme_refused",
        "bad_url",
        "html",
        "json",
        "not_a_feed",
        "entity_bomb",
        "too_complex",
        "over_budget",
    }
)


def archive_link(feed: Feed) -> tuple[str, str] | None:
    """Return the link relation and URL that lead to older episodes; None without any.

    Archived feeds (RFC 5005, section 4) go before paged feeds (section 3): archives never change,
    while an episode moves on to the next page whenever a new one appears.
    """
    if feed.prev_archive_url:
        return "prev-archive", feed.prev_archive_url
    return ("next", feed.next_page_url) if feed.next_page_url else None


def archive_start(feed_url: str, feed: Feed) -> ArchiveProgress | None:
    """Return the progress with which reading a feed's archive starts; None without an archive."""
    link = archive_link(feed)
    key = _url_key(link[1]) if link else None
    if link is None or key is None or key == _url_key(feed_url):
        return None
    return ArchiveProgress(*link, seen=(_url_key(feed_url) or "",))


def after_page(progress: ArchiveProgress, page: Feed, *, max_pages: int) -> ArchiveStep:
    """Return what follows after a page that was read.

    The archive ends without a next page, where an earlier reading started, at a link to a page
    read before, or after ``max_pages``.
    """
    url = page.prev_archive_url if progress.relation == "prev-archive" else page.next_page_url
    key = _url_key(url) if url else None
    if key is None or url is None:
        return ArchiveStep(state="done", reason="all_read")
    if progress.until_url and key == _url_key(progress.until_url):
        return ArchiveStep(state="done", reason="all_read", message="the rest was read before")
    if key in (*progress.seen, _url_key(progress.next_url)):
        return ArchiveStep(
            state="failed", reason="page_loop", message="a page links to a page that was read"
        )
    if progress.pages + 1 >= max_pages:
        message = f"the archive has more than {max_pages} pages"
        return ArchiveStep(state="failed", reason="too_many_pages", message=message)
    return ArchiveStep(url)


def after_failure(progress: ArchiveProgress, reason: str, message: str) -> ArchiveStep:
    """Return what follows after a page that failed: a retry, or the end."""
    if reason in _PERMANENT or progress.error_count + 1 >= MAX_ERRORS:
        return ArchiveStep(state="failed", reason=reason, message=message)
    return ArchiveStep(progress.next_url, reason=reason, message=message)


def page_key(url: str) -> str:
    """Return the key under which a page is recorded as read."""
    return _url_key(url) or url


def with_credentials(url: str, feed_url: str) -> str:
    """Return a page's URL with the user and password of its feed, if it may receive them."""
    userinfo = urlsplit(feed_url).netloc.rpartition("@")[0]
    parts = urlsplit(url)
    if not userinfo or "@" in parts.netloc:
        return url
    if not may_share_credentials(_without_userinfo(feed_url), url):
        return url
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _url_key(url: str) -> str | None:
    """The key of a page's URL, equal for all its spellings; None when the URL is invalid."""
    try:
        return feed_url_key(normal_url(url))
    except UrlRefused:
        return None
