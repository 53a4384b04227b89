"""Redact URLs: secrets are removed before a URL is shown, exported or logged.

A URL is private when it carries userinfo (its own, or that of a URL within it), or a secret in its
query or path:

- a value with a secret name (``token``, ``auth``, ``sig``, ``password``, ``api-key``,
  ``jsessionid`` …), also where the name is escaped, or separated by ``;``;
- a value that is a key, with an ambiguous name (``key``, ``code``, ``u`` …), or that identifies a
  subscriber (``subscriber_id``, ``member`` …), or the names of a user and a password together;
- a random query value with any other name, unless the name is that of an identifier or a version
  (``channel_id``, ``guid``, ``v`` …);
- a path segment that is an identifier, when the host or an earlier segment marks the feed as
  private (``/private/…``, ``/subscribers/…``, Patreon, Supercast, Supporting Cast …);
- a path segment that is a JSON web token, or random and long.

Not secret: plain UUIDs, numbers, hex digests in a path, and words. Megaphone, Simplecast, Omny and
YouTube name public feeds and files so, and an export with a redacted public URL has lost a podcast.
*Random* means: an unbroken run of at least 20 letters and digits, with at least two digits, that
changes between upper case, lower case and digits at least every fourth character on average.
"""

import itertools
import re
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

HIDDEN = "***"

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _words(name: str) -> frozenset[str]:
    """Split a name such as ``X-Amz-Signature``, ``accessToken`` or ``user_key`` into words."""
    return frozenset(word.lower() for word in _WORDS.findall(name))


_SECRET_NAMES = _words(
    "token tkn auth authorization sig signature secret password passwd passphrase passcode pwd pw "
    "pass session sessionid sid jwt credential credentials hmac apikey authkey accesskey "
    "accesstoken authtoken bearer"
)
# Names that are written as one word: ``usertoken``, ``jsessionid``, ``feedkey``.
_SECRET_ENDINGS = re.compile(
    r"(token|secret|passw(or)?d|sess(ion)?id"
    r"|(api|access|auth|secret|user|feed|rss|private|member|subscriber|client|app)key)$"
)
# What makes a key a secret: ``api-key``, ``user_key``; but not the key of anything else.
_KEY_OWNERS = _words("api access auth secret user feed rss private member subscriber client app")
_AMBIGUOUS_NAMES = _words("key code access hash private user u p t s k policy license")
_KEY_NAMES = _words("key code access hash private policy license")
_SUBSCRIBER_NAMES = _words(
    "subscriber subscribers subscription member membership patron customer listener"
)
_USER_NAMES = frozenset({"u", "user", "username", "login", "email"})
_PASSWORD_NAMES = frozenset({"p", "pass", "pw", "pwd", "password"})
_PUBLIC_NAMES = _words(
    "id guid uuid v ver version rev etag updated feed list playlist channel episode show"
)
_PRIVATE_MARKERS = _words(
    "private premium subscriber subscribers subscription member members patron patrons personal"
)
_WEAK_MARKERS = _words("token auth access secure")
_PRIVATE_HOSTS = _words(
    "patreon supercast supportingcast memberful glow nebula floatplane helloaudio steadyhq podia "
    "memberspace uscreen"
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ENCODED_HTTP = "aHR0c"  # the start of a base64 URL, which trackers put into their own URLs
_HEX = re.compile(r"[0-9a-fA-F]+")
_JWT = re.compile(r"eyJ[\w-]{10,}")
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_SEPARATOR = re.compile(r"([&;])")
_USERINFO = re.compile(r"//[^/@\s?#]{1,200}@")
_URL_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+]{2,9}://[^\s\"'<>]+", re.IGNORECASE)
_AUTH_IN_TEXT = re.compile(r"\b(basic|bearer)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_QUERY_IN_TEXT = re.compile(r"([?&;\s(,\[]|^)([\w.-]{1,40})=([^\s&\"'<>]+)")


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


def is_key(text: str, length: int = 10) -> bool:
    """Return whether ``text`` may be a key: letters and digits mixed in one long run, or a UUID."""
    if _UUID.fullmatch(text):
        return True
    run = _longest_run(text)
    return len(run) >= length and not run.isalpha() and not run.isdecimal()


def _scrubbed_pair(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    return f"{before}{name}={HIDDEN}" if _names_a_secret(name) else f"{before}{name}={value}"


def _public_query(query: str) -> str:
    if not query:
        return query
    pairs = _SEPARATOR.split(query)
    names = {_plain(pair.partition("=")[0]).lower() for pair in pairs[::2]}
    sign_in = bool(names & _USER_NAMES) and bool(names & _PASSWORD_NAMES)
    pairs[::2] = [_public_pair(pair, sign_in=sign_in) for pair in pairs[::2]]
    return "".join(pairs)


def _public_pair(pair: str, *, sign_in: bool = False) -> str:
    name, equals, value = pair.partition("=")
    plain_name, plain_value = _plain(name), _plain(value)
    if not equals:  # ``?eyJhbGciOi…``: the secret is the whole query
        return HIDDEN if _is_random(plain_name) or _holds_userinfo(plain_name) else pair
    part_of_sign_in = sign_in and plain_name.lower() in _USER_NAMES | _PASSWORD_NAMES
    secret = value and (part_of_sign_in or _is_secret(plain_name, plain_value))
    return f"{name}={HIDDEN}" if secret else pair


def _plain(text: str) -> str:
    """The text without escapes, which may be escaped again."""
    for _ in range(3):
        if "%" not in text:
            break
        text = unquote(text)
    return text


def _is_secret(name: str, value: str) -> bool:
    if value == HIDDEN or _names_a_secret(name) or _JWT.match(value):
        return True
    if "://" in value:
        return _holds_userinfo(value) or is_private(value)
    words = _words(name)
    if words & _SUBSCRIBER_NAMES:
        return is_key(value, 6) or (value.isdecimal() and len(value) >= 6)
    if words & _AMBIGUOUS_NAMES:
        return is_key(value, 6 if words & _KEY_NAMES else 12) or _is_random(value, length=12)
    # ``channel_id``, ``playlistId``, ``v``: identifiers of public resources.
    return not words & _PUBLIC_NAMES and not name.lower().endswith("id") and _is_random(value)


def _names_a_secret(name: str) -> bool:
    words = _words(name)
    joined = name.lower().replace("_", "").replace("-", "")
    return (
        bool(words & _SECRET_NAMES)
        or ("key" in words and bool(words & _KEY_OWNERS))
        or bool(_SECRET_ENDINGS.search(joined))
    )


def _holds_userinfo(text: str) -> bool:
    return "@" in text and bool(_USERINFO.search(text))


def _public_path(parts: SplitResult) -> str:
    if _holds_userinfo(_plain(parts.path)):
        return f"/{HIDDEN}"
    host = _words_of_host(parts.netloc.rpartition("@")[2].lower())
    private = bool(host & (_PRIVATE_HOSTS | _PRIVATE_MARKERS))
    weak = bool(host & _WEAK_MARKERS)
    return "/".join(_public_segments(parts.path.split("/"), private=private, weak=weak))


def _words_of_host(host: str) -> frozenset[str]:
    return frozenset(re.split(r"[.:-]", host))


def _public_segments(segments: list[str], *, private: bool, weak: bool) -> list[str]:
    shown = []
    for segment in segments:
        shown.append(_public_segment(segment, private=private, weak=weak))
        words = _words(_plain(segment))
        private = private or bool(words & _PRIVATE_MARKERS)
        weak = weak or segment.lower() in _WEAK_MARKERS
    return shown


def _public_segment(segment: str, *, private: bool, weak: bool) -> str:
    """The segment without secrets, which may also be in its parameters (RFC 3986, 3.3)."""
    name, semicolon, parameters = segment.partition(";")
    shown = HIDDEN if _is_secret_segment(_plain(name), private=private, weak=weak) else name
    return f"{shown}{semicolon}{_public_query(parameters)}"


def _is_secret_segment(segment: str, *, private: bool, weak: bool) -> bool:
    name = _EXTENSION.sub("", segment)
    if segment == HIDDEN or _JWT.match(name):
        return True
    if private:
        return is_key(name) or (name.isdecimal() and len(name) >= 16)
    if weak:
        return bool(_UUID.fullmatch(name)) or _is_random(name, length=12)
    return not _HEX.fullmatch(name) and (
        _is_random(name, length=40) or (_is_random(name, length=24) and _has_all_kinds(name))
    )


def _has_all_kinds(text: str) -> bool:
    kinds: list[Callable[[str], bool]] = [str.isdigit, str.isupper, str.islower]
    return all(any(map(is_kind, text)) for is_kind in kinds)


def _is_random(text: str, length: int = 20) -> bool:
    if _UUID.fullmatch(text) or text.startswith(_ENCODED_HTTP):
        return False
    longest = _longest_run(text)
    return len(longest) >= length and _mixes(longest)


def _longest_run(text: str) -> str:
    return max(re.split(r"[^A-Za-z0-9]+", text), key=len)


def _mixes(run: str) -> bool:
    kinds: list[Callable[[str], bool]] = [str.isdigit, str.isupper, str.islower]
    classes = [next(i for i, is_kind in enumerate(kinds) if is_kind(c)) for c in run]
    changes = sum(a != b for a, b in itertools.pairwise(classes))
    return classes.count(0) >= 2 and len(set(classes)) > 1 and changes * 4 >= len(run)
