"""Topics as written in feeds, to one slug and a form to show. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

MAX_LENGTH = 50
MAX_WORDS = 5
# What every feed could say of itself says nothing.
_EMPTY_WORDS = frozenset(
    {"podcast", "podcasts", "podcasting", "episode", "episodes", "show", "shows", "audio", "misc"}
    | {"uncategorized", "uncategorised", "general", "other", "all", "none", "default", "blog"}
    | {"season", "full", "trailer", "bonus", "rss", "feed", "mp3", "tag", "tags", "and", "the"}
)
_SPACES = re.compile(r"\s+")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
# Cut at both ends: hash signs of tags, quotes, and what lists leave behind.
_EDGES = " #\"'“”‘’.,;:/|-_*()[]<>"  # noqa: RUF001


def topics(said: Iterable[str]) -> dict[str, str]:
    """The topics among categories, keywords and tags: the form to show by slug, each once."""
    found: dict[str, str] = {}
    for text in said:
        slug, name = read_topic(text)
        if slug:
            found.setdefault(slug, name)
    return found


@lru_cache(maxsize=16384)
def read_topic(text: str) -> tuple[str, str]:
    """The slug and the form to show of one category, keyword or tag; both empty for no topic."""
    name = topic_name(text)
    slug = topic_slug(name) if name else ""
    return ("", "") if slug in _EMPTY_WORDS else (slug, name)


def topic_name(text: str) -> str:
    """The form to show: one line, without hash signs and quotes; ``""`` for what is no topic.

    A sentence is none, nor is a number. A form without capitals gets one at its beginning.
    """
    plain = unicodedata.normalize("NFKC", text[: 4 * MAX_LENGTH]).replace("_", " ")
    name = _SPACES.sub(" ", "".join(c for c in plain if c == " " or c.isprintable())).strip(_EDGES)
    if not 2 <= len(name) <= MAX_LENGTH or len(name.split()) > MAX_WORDS:
        return ""
    if not any(letter.isalpha() for letter in name):
        return ""
    return name[0].upper() + name[1:] if name == name.lower() else name


def topic_slug(name: str) -> str:
    """One word for all ways to write it: "Science & Tech" and "science and tech" are one topic."""
    words = anyascii(name.casefold().replace("&", " and ")).lower()
    return _NOT_LETTERS.sub("-", words.replace("c++", "cpp").replace("c#", "csharp")).strip("-")
