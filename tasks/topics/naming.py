"""Normalize categories, keywords and tags of feeds to topics: a slug and a name. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

MAX_LENGTH = 50
MAX_WORDS = 5
# Words that would fit every feed, and so tell nothing about it.
_GENERIC_WORDS = frozenset(
    {"podcast", "podcasts", "podcasting", "episode", "episodes", "show", "shows", "audio", "misc"}
    | {"uncategorized", "uncategorised", "general", "other", "all", "none", "default", "blog"}
    | {"season", "full", "trailer", "bonus", "rss", "feed", "mp3", "tag", "tags", "and", "the"}
)
_SPACES = re.compile(r"\s+")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
# Stripped at both ends: hash signs of tags, quotes, and separators of lists.
_EDGES = " #\"'“”‘’.,;:/|-_*()[]<>"  # noqa: RUF001


def topics(texts: Iterable[str]) -> dict[str, str]:
    """Return the topics among categories, keywords and tags: the first name of each slug."""
    names: dict[str, str] = {}
    for text in texts:
        slug, name = parse_topic(text)
        if slug:
            names.setdefault(slug, name)
    return names


@lru_cache(maxsize=16384)
def parse_topic(text: str) -> tuple[str, str]:
    """Return slug and name of one category, keyword or tag; both '' when it is not a topic."""
    name = topic_name(text)
    slug = topic_slug(name) if name else ""
    return ("", "") if slug in _GENERIC_WORDS else (slug, name)


def topic_name(text: str) -> str:
    """Return the name to show: one line, without hash signs and quotes; '' when not a topic.

    Sentences and numbers are not topics. A name without capitals gets one at its start.
    """
    plain = unicodedata.normalize("NFKC", text[: 4 * MAX_LENGTH]).replace("_", " ")
    name = _SPACES.sub(" ", "".join(c for c in plain if c == " " or c.isprintable())).strip(_EDGES)
    if not 2 <= len(name) <= MAX_LENGTH or len(name.split()) > MAX_WORDS:
        return ""
    if not any(letter.isalpha() for letter in name):
        return ""
    return name[0].upper() + name[1:] if name == name.lower() else name


def topic_slug(name: str) -> str:
    """Return the slug, equal for all spellings, such as "Science & Tech", "science and tech"."""
    words = anyascii(name.casefold().replace("&", " and ")).lower()
    return _NOT_LETTERS.sub("-", words.replace("c++", "cpp").replace("c#", "csharp")).strip("-")
