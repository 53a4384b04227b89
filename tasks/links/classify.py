"""Classifies what was typed: a URL, a link of an app, an id, or the name of a podcast. Pure."""

import re
from urllib.parse import SplitResult, urlsplit

from tasks.http.urls import APP_SCHEMES, BARE_HOST, STORE_SCHEMES, UrlRefused, normal_url
from tasks.links.app_links import host_without_www, is_closed, is_video, link_of_app
from tasks.links.values import Link, LinkKind, LinkRefusal

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# Ids without a link, as people copy them.
_BARE_IDS = {
    LinkKind.spotify: re.compile(r"spotify:show:(\w{22})"),
    LinkKind.apple: re.compile(r"(?:id)?(\d{8,12})", re.IGNORECASE),
    LinkKind.podcast_index: re.compile(r"podcastindex:(\d{1,12})", re.IGNORECASE),
}
_STORE_SCHEME = re.compile(rf"^(?:{STORE_SCHEMES}):(?://)?", re.IGNORECASE)
_AUDIO = re.compile(r"\.(?:mp3|m4a|aac|ogg|opus|wav|flac|mp4)$", re.IGNORECASE)
MAX_WORDS = 200

_SEARCH = "Search by the podcast's name instead, or paste its feed URL."


def classify_link(text: str) -> Link | LinkRefusal:
    """What has to be done to find the feed of this text. Never raises."""
    text = " ".join(text.split())
    if not text:
        return LinkRefusal("empty", "Nothing was entered.", "Enter a link, a feed URL or a name.")
    for kind, form in _BARE_IDS.items():
        if found := form.fullmatch(text):
            return Link(kind, found[1])
    text = _STORE_SCHEME.sub("https://", text)
    if BARE_HOST.fullmatch(text):
        return _classify_url(f"https://{text}", has_scheme=False)
    if " " not in text and (scheme := _SCHEME.match(text)):
        return _with_scheme(text, scheme[1].lower())
    return Link(LinkKind.words, text[:MAX_WORDS])


def _with_scheme(text: str, scheme: str) -> Link | LinkRefusal:
    if scheme in ("http", "https", *APP_SCHEMES):
        return _classify_url(_with_slashes(text, scheme), has_scheme=True)
    return LinkRefusal(
        "scheme_refused", f"Links that begin with {scheme[:20]}: are not fetched.", _SEARCH
    )


def _with_slashes(text: str, scheme: str) -> str:
    """``feed:example.org/rss`` is written, too."""
    rest = text[len(scheme) + 1 :]
    is_bare = scheme in APP_SCHEMES and "://" not in text and not rest.startswith("//")
    return f"{scheme}://{rest}" if is_bare else text


def _classify_url(text: str, *, has_scheme: bool) -> Link | LinkRefusal:
    try:
        url = normal_url(text)
        parts = urlsplit(url)
    except UrlRefused as refused:
        message = f"{str(refused)[:1].upper()}{str(refused)[1:]}."
        return LinkRefusal(refused.reason, message, _SEARCH)
    if link := link_of_app(parts):
        return link
    if refusal := _refusal(parts):
        return refusal
    return Link(LinkKind.web, url, has_scheme=has_scheme)


def _refusal(parts: SplitResult) -> LinkRefusal | None:
    if is_video(parts):
        message = "This is one video. A channel or a playlist has a feed."
        return LinkRefusal("single_episode", message, "Paste the link of its channel or playlist.")
    if host_without_www(parts) == "open.spotify.com" and "/episode/" in parts.path:
        message = "This is one episode on Spotify."
        return LinkRefusal("single_episode", message, "Paste the link of the show.")
    if is_closed(parts):
        message = f"No feed can be found from this link to {host_without_www(parts)}."
        return LinkRefusal("unverified_link", message, _SEARCH)
    if _AUDIO.search(parts.path):
        message = "This is the audio of one episode."
        return LinkRefusal("single_episode", message, _SEARCH)
    return None
