"""Requests to podcast directories, and what their responses say. Pure.

Apple: https://performance-partners.apple.com/search-api. Podcast Index:
https://podcastindex-org.github.io/docs-api/. Spotify's oEmbed:
https://developer.spotify.com/documentation/embeds/reference/oembed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from tasks.http.urls import UrlRefused, normal_url
from tasks.http.values import FetchRequest
from tasks.links.values import FoundPodcast

MAX_RESULTS = 10
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Directories:
    """Where directories are reached, and which one is searched by words.

    ``search`` is ``apple``, ``podcast_index`` or ``none``; with ``none`` no directory is used.
    """

    search: str = "apple"
    apple_url: str = "https://itunes.apple.com"
    podcast_index_url: str = "https://api.podcastindex.org/api/1.0"
    podcast_index_key: str = field(default="", repr=False)
    podcast_index_secret: str = field(default="", repr=False)
    spotify_url: str = "https://open.spotify.com"
    overcast_url: str = "https://overcast.fm"


def apple_lookup(directories: Directories, apple_id: str, country: str) -> FetchRequest:
    """A lookup by id; without a country it is in Apple's US store."""
    params = {"id": apple_id, "entity": "podcast"} | ({"country": country} if country else {})
    return FetchRequest(f"{directories.apple_url}/lookup?{urlencode(params)}", accept=_JSON)


def apple_search(directories: Directories, words: str) -> FetchRequest:
    """A search by words."""
    params = {"media": "podcast", "entity": "podcast", "limit": MAX_RESULTS, "term": words}
    return FetchRequest(f"{directories.apple_url}/search?{urlencode(params)}", accept=_JSON)


def podcast_index_lookup(directories: Directories, feed_id: str, now: datetime) -> FetchRequest:
    """A lookup by the id of the Podcast Index."""
    return _podcast_index(directories, f"podcasts/byfeedid?id={feed_id}", now)


def podcast_index_search(directories: Directories, words: str, now: datetime) -> FetchRequest:
    """A search by words."""
    params = urlencode({"q": words, "max": MAX_RESULTS})
    return _podcast_index(directories, f"search/byterm?{params}", now)


def _podcast_index(directories: Directories, target: str, now: datetime) -> FetchRequest:
    """A signed request: SHA-1 of key, secret and time, as its documentation has it."""
    key, secret, time = (
        directories.podcast_index_key,
        directories.podcast_index_secret,
        str(int(now.timestamp())),
    )
    signature = hashlib.sha1(f"{key}{secret}{time}".encode(), usedforsecurity=False).hexdigest()
    headers = {"X-Auth-Date": time, "X-Auth-Key": key, "Authorization": signature}
    url = f"{directories.podcast_index_url}/{target}"
    return FetchRequest(url, accept=_JSON, headers=tuple(headers.items()))


def spotify_title(directories: Directories, show_id: str) -> FetchRequest:
    """The title of a show, from oEmbed."""
    show = quote(f"https://open.spotify.com/show/{show_id}", safe="")
    return FetchRequest(f"{directories.spotify_url}/oembed?url={show}", accept=_JSON)


def overcast_page(directories: Directories, path: str) -> FetchRequest:
    """A page of Overcast."""
    return FetchRequest(f"{directories.overcast_url}{path}", accept="text/html")


def read_apple(body: bytes) -> list[FoundPodcast]:
    """The podcasts of a lookup or a search; those without a feed have an empty ``feed_url``."""
    return [
        FoundPodcast(
            title=_text(each, "collectionName"),
            author=_text(each, "artistName"),
            feed_url=_url(each, "feedUrl"),
            artwork_url=_url(each, "artworkUrl100"),
        )
        for each in _objects(_document(body).get("results"))
        if each.get("kind", "podcast") == "podcast"
    ][:MAX_RESULTS]


def read_podcast_index(body: bytes) -> list[FoundPodcast]:
    """The podcasts of a lookup (``feed``) or a search (``feeds``)."""
    document = _document(body)
    feed, feeds = document.get("feed"), document.get("feeds")
    rows = feeds if isinstance(feeds, list) else [feed]
    return [
        FoundPodcast(
            title=_text(each, "title"),
            author=_text(each, "author"),
            feed_url=_url(each, "url"),
            artwork_url=_url(each, "artwork") or _url(each, "image"),
        )
        for each in _objects(rows)
        if each
    ][:MAX_RESULTS]


def read_title(body: bytes) -> str:
    """The title in an oEmbed response; "" if it has none."""
    return _text(_document(body), "title")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _objects(rows: object) -> Iterable[dict[str, Any]]:
    return (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict))


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return " ".join(value.split())[:300] if isinstance(value, str) else ""


def _url(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    try:
        return normal_url(value) if isinstance(value, str) else ""
    except UrlRefused:
        return ""
