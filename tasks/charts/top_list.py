"""Top lists of Apple Podcasts by country and genre: their URLs, and what they say. Pure.

The form is that of a response stored in github.com/AmaliaGlez/podcaster (`src/mockData.js`).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

MOST = 100
_CHART = re.compile(r"([a-z]{2})(?:/(\d{4,6}))?")
# https://podcasters.apple.com/support/1691-apple-podcasts-categories, with the ids of its feeds.
GENRES = {
    "1301": "Arts",
    "1303": "Comedy",
    "1304": "Education",
    "1305": "Kids & Family",
    "1309": "TV & Film",
    "1310": "Music",
    "1314": "Religion & Spirituality",
    "1318": "Technology",
    "1321": "Business",
    "1324": "Society & Culture",
    "1483": "Fiction",
    "1487": "History",
    "1488": "True Crime",
    "1489": "News",
    "1502": "Leisure",
    "1511": "Government",
    "1512": "Health & Fitness",
    "1533": "Science",
    "1545": "Sports",
}


class TopListRefused(ValueError):
    """A setting or a response is no top list; the message says why."""


@dataclass(frozen=True, slots=True)
class TopPodcast:
    """A podcast in a top list, in the order of the list."""

    apple_id: str
    title: str
    author: str


def chart_names(setting: str) -> list[str]:
    """The charts of a setting such as ``us, de, us/1303``; raises `TopListRefused`."""
    names = [name.strip().lower() for name in setting.split(",") if name.strip()]
    for name in names:
        if not _CHART.fullmatch(name):
            message = f"OVERHEARD_STORE_CHARTS: {name!r} is neither a country nor country/genre"
            raise TopListRefused(message)
    return list(dict.fromkeys(names))


def chart_title(name: str) -> str:
    """A chart in words: "US", "US, Comedy"."""
    country, _, genre = name.partition("/")
    return f"{country.upper()}, {GENRES.get(genre, genre)}" if genre else country.upper()


def chart_url(base: str, name: str) -> str:
    """Where a chart is fetched."""
    country, _, genre = name.partition("/")
    of_genre = f"genre={genre}/" if genre else ""
    return f"{base}/{country}/rss/toppodcasts/limit={MOST}/{of_genre}json"


def read_top_list(body: bytes) -> list[TopPodcast]:
    """The podcasts of a response, each once; raises `TopListRefused`."""
    try:
        document = json.loads(body)
        entries = document["feed"]["entry"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TopListRefused("the response has no feed.entry") from error
    rows = entries if isinstance(entries, list) else [entries]
    found = {each.apple_id: each for row in rows if (each := _podcast(row))}
    if not found:
        raise TopListRefused("no entry of the response has an id and a name")
    return list(found.values())[:MOST]


def _podcast(row: Any) -> TopPodcast | None:
    apple_id = _text(row, "id", "attributes", "im:id")
    title = _text(row, "im:name", "label")
    if not apple_id.isdecimal() or not title:
        return None
    return TopPodcast(apple_id[:20], title[:300], _text(row, "im:artist", "label")[:300])


def _text(row: Any, *path: str) -> str:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return " ".join(row.split()).replace("\0", "") if isinstance(row, str) else ""
