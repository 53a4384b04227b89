"""Redact URLs: secrets are removed before a URL is shown, exported or logged.

A URL is private when it carries userinfo, or a secret in its query or path:

- a query value with a secret name (``token``, ``auth``, ``sig``, ``password`` …); with an ambiguous
  name (``key``, ``code``, ``u`` …) only when the value is random;
- a random query value with any other name, unless the name is that of an identifier or a version
  (``channel_id``, ``guid``, ``v`` …);
- a path segment that is an identifier, when the host or an earlier segment marks the feed as
  private (``/private/…``, ``/subscribers/…``, Patreon, Supercast, Supporting Cast …);
- a path segment that is a JSON web token, or random and at least 40 characters long.

Not secret: plain UUIDs, numbers, hex digests in a path, and words. Megaphone, Simplecast, Omny and
YouTube name public feeds and files so, and an export with a redacted public URL has lost a podcast.
*Random* means: an unbroken run of at least 20 letters and digits, with at least two digits, that
changes between upper case, lower case and digits at least every fourth character on average.
"""

import itertools
import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit, urlunsplit

HIDDEN = "***"

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _words(name: str) -> frozenset[str]:
    """Split a name such as ``X-Amz-Signature``, ``accessToken`` or ``user_key`` into words."""
    return frozenset(word.lower() for word in _WORDS.findall(name))


_SECRET_NAMES = _words(
    "token auth authorization sig signature secret password passwd pwd pass session sessionid sid "
    "jwt credential credentials hmac apikey authkey accesskey accesstoken authtoken bearer"
)
_AMBIGUOUS_NAMES = _words("key code access hash private user u p t s k policy license")
_PUBLIC_NAMES = _words(
    "id guid uuid v ver version rev etag updated feed list playlist channel episode show"
)
_PRIVATE_MARKERS = _words(
    "private premium subscriber subscribers subscription member members patron patrons personal "
    "token auth access secure"
)
_PRIVATE_HOSTS = _words(
    "patreon supercast supportingcast memberful glow nebula floatplane helloaudio"
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ENCODED_HTTP = "aHR0c"  # the start of a base64 URL, which trackers put into their own URLs
_HEX = re.compile(r"[0-9a-fA-F]+")
_JWT = re.compile(r"eyJ[\w-]{10,}")
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_URL_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+]{2,9}://[^\s\"'<>]+", re.IGNORECASE)
_AUTH_IN_TEXT = re.compile(r"\b(basic|bearer)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_QUERY_IN_TEXT = re.compile(r"([?&;\s]|^)([\w.-]{1,40})=([^\s&\"'<>]+)")


def public_url(url: str) -> str:
    """Return ``url`` without its secrets; a malformed URL is redacted whole. Never raises."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        shown = (parts.scheme, host, _public_path(parts), _public_query(parts.query), "")
        return urlunsplit(shown)
    except ValueError:
        return HIDDEN


def is_private(url: str) -> bool:
    """Return whether ``url`` contains a secret."""
    try:
        parts = urlsplit(url)
        return (
            "@" in parts.netloc
            or _public_path(parts) != parts.path
            or _public_query(parts.query) != parts.query
        )
    except ValueError:
        return True


def scrub(text: str) -> str:
    """Redact the secrets of every URL, query and Authorization value in ``text``."""
    text = _URL_IN_TEXT.sub(lambda match: public_url(match[0]), text)
    text = _AUTH_IN_TEXT.sub(rf"\1 {HIDDEN}", text)
    return _QUERY_IN_TEXT.sub(_scrubbed_pair, text)


def _scrubbed_pair(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    return f"{before}{name}={HIDDEN}" if _names_a_secret(name) else f"{before}{name}={value}"


def _public_query(query: str) -> str:
    return "&".join(_public_pair(pair) for pair in query.split("&"))


def _public_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:  # ``?eyJhbGciOi…``: the secret is the whole query
        return HIDDEN if _is_random(name) else pair
    return f"{name}={HIDDEN}" if value and _is_secret(name, value) else pair


def _is_secret(name: str, value: str) -> bool:
    if _names_a_secret(name):
        return True
    words = _words(name)
    if words & _AMBIGUOUS_NAMES:
        return _is_random(value) or bool(_UUID.fullmatch(value)) or _is_random(value, length=12)
    # ``channel_id``, ``playlistId``, ``v``: identifiers of public resources.
    return not words & _PUBLIC_NAMES and not name.lower().endswith("id") and _is_random(value)


def _names_a_secret(name: str) -> bool:
    return bool(_words(name) & _SECRET_NAMES) or name.lower().replace("_", "") in _SECRET_NAMES


def _public_path(parts: SplitResult) -> str:
    labels = (parts.netloc.rpartition("@")[2]).lower().split(".")
    private = bool(set(labels) & (_PRIVATE_HOSTS | _PRIVATE_MARKERS))
    return "/".join(_public_segments(parts.path.split("/"), private=private))


def _public_segments(segments: list[str], *, private: bool) -> list[str]:
    shown = []
    for segment in segments:
        shown.append(HIDDEN if _is_secret_segment(segment, private=private) else segment)
        private = private or segment.lower() in _PRIVATE_MARKERS
    return shown


def _is_secret_segment(segment: str, *, private: bool) -> bool:
    name = _EXTENSION.sub("", segment)
    if _JWT.match(name):
        return True
    if private:
        return bool(_UUID.fullmatch(name)) or _is_random(name, length=12)
    return not _HEX.fullmatch(name) and _is_random(name, length=40)


def _is_random(text: str, length: int = 20) -> bool:
    if _UUID.fullmatch(text) or text.startswith(_ENCODED_HTTP):
        return False
    longest = max(re.split(r"[^A-Za-z0-9]+", text), key=len)
    return len(longest) >= length and _mixes(longest)


def _mixes(run: str) -> bool:
    kinds: list[Callable[[str], bool]] = [str.isdigit, str.isupper, str.islower]
    classes = [next(i for i, is_kind in enumerate(kinds) if is_kind(c)) for c in run]
    changes = sum(a != b for a, b in itertools.pairwise(classes))
    return classes.count(0) >= 2 and len(set(classes)) > 1 and changes * 4 >= len(run)
