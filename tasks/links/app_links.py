"""Links of podcast apps and directories: the id, feed URL or title that each form has in it. Pure.

Each form is documented or was read from a stored response; docs/links.md names the source of each,
and lists the forms that are not offered because they have none.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote

from tasks.links.values import Link, LinkKind

_PLAYLIST = "https://www.youtube.com/feeds/videos.xml?playlist_id="
_CHANNEL = "https://www.youtube.com/feeds/videos.xml?channel_id="
_USER = "https://www.youtube.com/feeds/videos.xml?user="
_ID = r"(\d{5,12})"


class LinkForm(NamedTuple):
    """Hosts without ``www.``, a pattern of path and query, and the link that its groups make."""

    hosts: str
    pattern: str
    make: Callable[[re.Match[str]], Link | None]


def _apple(found: re.Match[str]) -> Link:
    return Link(LinkKind.apple, found[1])


def _apple_store(found: re.Match[str]) -> Link:
    return Link(LinkKind.apple, found[2], country=(found[1] or "").lower())


def _feed(found: re.Match[str]) -> Link | None:
    return _feed_link(unquote(found[1]))


def _feed_link(url: str) -> Link | None:
    url = re.sub(r"^(https?):/(?!/)", r"\1://", url)  # servers merge two slashes in a path
    return Link(LinkKind.web, url) if re.match(r"https?://[^/]", url) else None


def _encoded_feed(found: re.Match[str]) -> Link | None:
    text = unquote(found[1]).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        url = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return _feed_link(url)


def _web(prefix: str) -> Callable[[re.Match[str]], Link]:
    return lambda found: Link(LinkKind.web, prefix + found[1])


def _titled(form: str) -> Callable[[re.Match[str]], Link]:
    """The title that a link has in it, in words; its podcast is searched by them."""

    def make(found: re.Match[str]) -> Link:
        words = re.sub(r"[-_+\s]+", " ", unquote(found[1])).strip()
        return Link(LinkKind.words, words, form=form)

    return make


def _spotify(found: re.Match[str]) -> Link:
    return Link(LinkKind.spotify, found[1])


_END = r"(?:[/?].*)?"
FORMS = (
    LinkForm(
        "podcasts.apple.com itunes.apple.com geo.itunes.apple.com embed.podcasts.apple.com",
        rf"/(?:([a-z]{{2}})/)?podcast/(?:[^/?]*/)?id{_ID}{_END}",
        _apple_store,
    ),
    LinkForm("overcast.fm", rf"/itunes{_ID}{_END}", _apple),
    LinkForm("overcast.fm", r"/\+([\w-]+).*", lambda m: Link(LinkKind.overcast, f"/+{m[1]}")),
    LinkForm("pca.st castro.fm", rf"/itunes/{_ID}{_END}", _apple),
    LinkForm("castbox.fm", rf"/vic/{_ID}{_END}", _apple),
    LinkForm("pod.link podfollow.com", rf"/{_ID}{_END}", _apple),
    LinkForm("podnews.net web.podfriend.com app.podcastguru.io", rf"/podcast/{_ID}{_END}", _apple),
    LinkForm("podchaser.com", rf"/f/pod/{_ID}{_END}", _apple),
    LinkForm("bullhorn.fm", rf"/podchaser/itunes/{_ID}{_END}", _apple),
    LinkForm("listennotes.com", rf"/itunes/id{_ID}{_END}", _apple),
    LinkForm("plinkhq.com pods.link", rf"/i/{_ID}{_END}", _apple),
    LinkForm("sonnet.fm", rf"/p/{_ID}{_END}", _apple),
    LinkForm("podcastaddict.com", r"/feed/(http.+)", _feed),
    LinkForm("player.fm", r"/series/(http.+)", _feed),
    LinkForm("podbean.com", r"/play/(http.+)", _feed),
    LinkForm("podhero.com", r"/podcast/feed/(http.+)", _feed),
    LinkForm("radiopublic.com", r"/(https?(?:%3A|:).+)", _feed),
    LinkForm("breaker.audio", r"/shows\?(?:.*&)?feed_url=([^&]+).*", _feed),
    LinkForm("antennapod.org", r"/deeplink/subscribe/?\?(?:.*&)?url=([^&]+).*", _feed),
    LinkForm("podcasts.google.com", r"/(?:feed/|\?(?:.*&)?feed=)([\w%=+-]+).*", _encoded_feed),
    LinkForm("subscribeonandroid.com", r"/([\w.-]+\.[a-z]+/.+)", _web("https://")),
    LinkForm(
        "podcastindex.org",
        r"/podcast/(\d{1,12})(?:[/?].*)?",
        lambda m: Link(LinkKind.podcast_index, m[1]),
    ),
    LinkForm("open.spotify.com", r"/(?:intl-\w+/)?(?:embed/)?show/(\w{22})(?:[/?].*)?", _spotify),
    LinkForm("youtube.com m.youtube.com", r"/channel/(UC[\w-]{22})(?:[/?].*)?", _web(_CHANNEL)),
    LinkForm("youtube.com m.youtube.com", r"/user/([\w-]+)(?:[/?].*)?", _web(_USER)),
    LinkForm(
        "youtube.com m.youtube.com",
        r"/(?:playlist|watch)\?(?:.*&)?list=((?:PL|UU)[\w-]{10,60}).*",
        _web(_PLAYLIST),
    ),
    LinkForm(
        "youtube.com m.youtube.com",
        r"/(@[\w.%-]+)(?:[/?].*)?",
        _web("https://www.youtube.com/"),
    ),
    LinkForm("castbox.fm", r"/channel/([^/?]+?)-id\d+(?:[/?].*)?", _titled("app")),
)

# Hosts of apps and shops whose other links lead to no feed by any documented way.
CLOSED_HOSTS = frozenset(
    {
        "pca.st",
        "pocketcasts.com",
        "play.pocketcasts.com",
        "castbox.fm",
        "overcast.fm",
        "castro.fm",
        "spotify.link",
        "open.spotify.com",
        "music.amazon.com",
        "amazon.com",
        "audible.com",
        "iheart.com",
        "tunein.com",
        "deezer.com",
        "stitcher.com",
        "pandora.com",
        "luminarypodcasts.com",
        "goodpods.com",
        "podcasts.apple.com",
        "itunes.apple.com",
        "geo.itunes.apple.com",
        "music.apple.com",
        "apps.apple.com",
        "podcasts.google.com",
        "youtu.be",
        "youtube.com",
        "m.youtube.com",
        "music.youtube.com",
        "listennotes.com",
        "podchaser.com",
        "player.fm",
        "podcastaddict.com",
        "radiopublic.com",
        "breaker.audio",
        "link.chtbl.com",
    }
)
# What these hosts have for everybody: their own feeds and pages that link to one.
_OPEN_PATHS = {"youtube.com": re.compile(r"/feeds/videos\.xml\?.+")}


def link_of_app(parts: SplitResult) -> Link | None:
    """The link that the URL of an app has in it; None if it has none that we know."""
    host = host_without_www(parts)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    for form in _forms_of(host):
        found = re.fullmatch(form.pattern, target)
        if found and (link := form.make(found)):
            return link
    return None


def is_closed(parts: SplitResult) -> bool:
    """Whether the host is an app's or shop's and the URL is none of its feeds."""
    host = host_without_www(parts)
    is_open = _OPEN_PATHS.get(host)
    target = f"{parts.path}?{parts.query}"
    return host in CLOSED_HOSTS and not (is_open and is_open.fullmatch(target))


def is_video(parts: SplitResult) -> bool:
    """Whether the URL is one video and no channel."""
    host = host_without_www(parts)
    if host == "youtu.be":
        return True
    is_watch = parts.path.startswith(("/watch", "/shorts/", "/live/"))
    return host.endswith("youtube.com") and is_watch and "list" not in parse_qs(parts.query)


def host_without_www(parts: SplitResult) -> str:
    """The host in lower case, without ``www.``."""
    return (parts.hostname or "").lower().removeprefix("www.")


def _forms_of(host: str) -> Iterator[LinkForm]:
    return (form for form in FORMS if host in form.hosts.split())
