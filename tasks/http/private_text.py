"""Texts of private podcasts: neither a URL nor a secret of the feed may stay in them. Pure.

Feeds repeat their tokens: in descriptions, titles, keywords, names, and in what is spoken. A text
of a private podcast is stored without them, so nothing that is made of it (topics, people,
mentions, the search index) has them either.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from tasks.http.redaction import HIDDEN, is_key, public_url, scrub

# What is shorter is a word, and hiding it everywhere would spoil texts.
_MIN_SECRET = 4
# From this length a secret is found within other characters too.
_MIN_WITHIN = 8
_MAX_COMMON = 200
_PARTS = re.compile(r"[/?&;=#]")
_ENCODED_URL = re.compile(r"\b[a-z][a-z0-9+]{2,9}%(?:25){0,3}3A%(?:25){0,3}2F\S*", re.IGNORECASE)
_URL = re.compile(r"\b[a-z][a-z0-9+]{2,9}:\\?/\\?/[^\s\"'<>]+", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(
    r"(?<![\w@.-])(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?[/?][^\s\"'<>]*", re.IGNORECASE
)
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_USERINFO = re.compile(r"//([^/@\s?#]{1,200})@")
_NAMED = re.compile(r"\b((?:password|passwd|token|api[ _-]?key)s?\s?[:=]\s?)\S+", re.IGNORECASE)
_LONG_WORD = re.compile(r"[\w-]{16,}", re.ASCII)


def hosted_url(url: str) -> str:
    """Return what may be shown of a private URL: its scheme and host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}/{HIDDEN}" if host else HIDDEN


def feed_secrets(feed_url: str) -> frozenset[str]:
    """Return the secrets of a private feed URL.

    An operator may call a feed private whose URL has none: then all that may be a key is one.
    """
    parts = [part for part in _PARTS.split(_without_userinfo(feed_url)) if is_key(part, 8)]
    return secrets_of(feed_url) or _forms(parts)


def secrets_of(*urls: str | None) -> frozenset[str]:
    """Return the secrets in these URLs, in plain text and as they are escaped."""
    return _forms(secret for url in urls if url for secret in _secrets_in(url))


def most_common(secrets: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the secrets that most of these have in common: one subscriber has one token.

    Signatures differ from URL to URL, and nobody reads one out.
    """
    counted = Counter(secret for each in secrets for secret in each)
    return frozenset(secret for secret, _ in counted.most_common(_MAX_COMMON))


def _forms(found: Iterable[str]) -> frozenset[str]:
    return frozenset(
        form
        for secret in found
        for form in (secret, unquote(secret), quote(secret, safe=""))
        if len(form) >= _MIN_SECRET and form != HIDDEN
    )


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """Return a text of a private podcast without URLs, these secrets, and what may be a key."""
    if not text:
        return text
    for pattern in (_ENCODED_URL, _URL, _WITHOUT_SCHEME):
        text = pattern.sub(HIDDEN, text)
    if secrets:
        text = _any_of(frozenset(secrets)).sub(HIDDEN, text)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    return _LONG_WORD.sub(_hidden_key, scrub(text))


def _hidden_key(word: re.Match[str]) -> str:
    return (
        HIDDEN if public_url(f"https://x.example/private/{word[0]}").endswith(HIDDEN) else word[0]
    )


@lru_cache(maxsize=256)
def _any_of(secrets: frozenset[str]) -> re.Pattern[str]:
    """Any of these secrets, in any case: keywords become topics in lower case."""
    ordered = sorted(secrets, key=len, reverse=True)
    within = [re.escape(one) for one in ordered if len(one) >= _MIN_WITHIN]
    words = [rf"(?<!\w){re.escape(one)}(?!\w)" for one in ordered if len(one) < _MIN_WITHIN]
    return re.compile("|".join((*within, *words)), re.IGNORECASE)


def _secrets_in(url: str) -> Iterator[str]:
    for userinfo in _USERINFO.findall(unquote(url)):
        user, _, password = userinfo.partition(":")
        yield password
        if is_key(user, 6) or "@" in unquote(user):
            yield user
    shown = _PARTS.split(public_url(url))
    for part in _PARTS.split(_without_userinfo(url)):
        if part and part not in shown:
            yield from {part, _EXTENSION.sub("", part)}


def _without_userinfo(url: str) -> str:
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
