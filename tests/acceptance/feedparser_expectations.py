"""The `Expect:` comments of feedparser's test feeds, read as data and mapped to our fields."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tasks.feeds.parser.text import one_line, paragraphs
from tasks.feeds.values import Feed, Item

_EXPECT = re.compile(r"Expect:\s*(.*?)\s*\n\s*-->|Expect:\s*(.*?)\s*-->", re.DOTALL)
_HEADER = re.compile(r"^\s*Header:\s*([\w-]+):\s*(.*?)\s*$", re.MULTILINE)

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Expectation:
    """One comparison: a path into feedparser's result, and the expected value."""

    path: Path
    value: Any


def expectations(text: str) -> Iterator[Expectation]:
    """Yield the `path == constant` parts of a test feed's expression, and no others."""
    found = _EXPECT.search(text)
    if found is None:
        return
    try:
        tree = ast.parse(" ".join((found[1] or found[2]).split()), mode="eval").body
    except SyntaxError:
        return
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    for part in parts:
        yield from _comparisons(part)


def headers(text: str) -> dict[str, str]:
    """The HTTP headers of a test feed, with names in lower case."""
    return {name.lower(): value for name, value in _HEADER.findall(text)}


def _comparisons(part: ast.expr) -> Iterator[Expectation]:
    if not isinstance(part, ast.Compare):
        return
    if not all(isinstance(operator, ast.Eq | ast.Is) for operator in part.ops):
        return
    *subjects, last = [part.left, *part.comparators]
    try:
        value = ast.literal_eval(last)
    except ValueError:
        return
    for subject in subjects:
        path = _path(subject)
        if path:
            yield Expectation(path, value)


def _path(node: ast.expr) -> Path:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_path(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return (*_path(node.value), ast.literal_eval(node.slice))
    return ()


def _date(moment: datetime | None) -> tuple[int, ...] | None:
    return tuple(moment.astimezone(UTC).timetuple())[:6] if moment else None


def _first_six(expected: Any) -> Any:
    return tuple(expected)[:6]


def _text(expected: Any) -> Any:
    return paragraphs(expected)


def _line(expected: Any) -> Any:
    return one_line(expected)


def _same(expected: Any) -> Any:
    return expected


def _flag(expected: Any) -> Any:
    return bool(expected) if expected is not None else None


def _number(expected: Any) -> Any:
    return int(expected)


Field = tuple[
    Callable[[Any], Any], Callable[[Any], Any]
]  # our value; the expected value in our terms

_FEED: dict[Path, Field] = {
    ("title",): (lambda feed: feed.title, _line),
    ("title_detail", "value"): (lambda feed: feed.title, _line),
    ("link",): (lambda feed: feed.link, _same),
    ("description",): (lambda feed: feed.description, _text),
    ("subtitle",): (lambda feed: feed.description, _text),
    ("subtitle_detail", "value"): (lambda feed: feed.description, _text),
    ("tagline",): (lambda feed: feed.description, _text),
    ("tagline_detail", "value"): (lambda feed: feed.description, _text),
    ("info",): (lambda feed: feed.description, _text),
    ("language",): (lambda feed: feed.language, _same),
    ("author_detail", "name"): (lambda feed: feed.author, _line),
    ("authors", 0, "name"): (lambda feed: feed.author, _line),
    ("image", "href"): (lambda feed: feed.image, _same),
    ("image", "url"): (lambda feed: feed.image, _same),
    ("logo",): (lambda feed: feed.image, _same),
    ("icon",): (lambda feed: feed.image, _same),
    ("category",): (lambda feed: _nth(feed.categories, 0), _same),
    ("tags", 0, "term"): (lambda feed: _nth(feed.categories + feed.keywords, 0), _same),
    ("tags", 1, "term"): (lambda feed: _nth(feed.categories + feed.keywords, 1), _same),
    ("itunes_explicit",): (lambda feed: feed.explicit, _flag),
    ("newlocation",): (lambda feed: feed.new_feed_url, _same),
    ("ttl",): (lambda feed: feed.schedule_tags.ttl_minutes, _number),
}
_ENTRY: dict[Path, Field] = {
    ("title",): (lambda item: item.title, _line),
    ("title_detail", "value"): (lambda item: item.title, _line),
    ("link",): (lambda item: item.link, _same),
    ("id",): (lambda item: item.guid, _same),
    ("guid",): (lambda item: item.guid, _same),
    ("description",): (lambda item: item.description, _text),
    ("summary",): (lambda item: item.description, _text),
    ("summary_detail", "value"): (lambda item: item.description, _text),
    ("content", 0, "value"): (lambda item: item.description, _text),
    ("author_detail", "name"): (lambda item: item.author, _line),
    ("authors", 0, "name"): (lambda item: item.author, _line),
    ("published_parsed",): (lambda item: _date(item.published_at), _first_six),
    ("updated_parsed",): (lambda item: _date(item.published_at), _first_six),
    ("created_parsed",): (lambda item: _date(item.published_at), _first_six),
    ("image", "href"): (lambda item: item.image, _same),
    ("media_thumbnail", 0, "url"): (lambda item: item.image, _same),
    ("category",): (lambda item: _nth(item.categories, 0), _same),
    ("tags", 0, "term"): (lambda item: _nth(item.categories + item.keywords, 0), _same),
    ("tags", 1, "term"): (lambda item: _nth(item.categories + item.keywords, 1), _same),
    ("itunes_explicit",): (lambda item: item.explicit, _flag),
    ("enclosures", 0, "href"): (lambda item: item.enclosures[0].url, _same),
    ("enclosures", 0, "url"): (lambda item: item.enclosures[0].url, _same),
    ("enclosures", 0, "type"): (lambda item: item.enclosures[0].type, _same),
    ("enclosures", 0, "length"): (lambda item: item.enclosures[0].length, _number),
}


def _nth(words: tuple[str, ...], index: int) -> str | None:
    return words[index] if index < len(words) else None


def concerns(expectation: Expectation) -> bool:
    """Whether we have the field of the expectation."""
    first, *rest = expectation.path
    if first == "feed":
        return tuple(rest) in _FEED
    return first == "entries" and tuple(rest[1:]) in _ENTRY


def disagreement(feed: Feed, expectation: Expectation) -> str | None:
    """The difference from feedparser's expectation, if any."""
    first, *rest = expectation.path
    ours, meant = _FEED[tuple(rest)] if first == "feed" else _ENTRY[tuple(rest[1:])]
    subject: Feed | Item = feed if first == "feed" else feed.items[int(rest[0])]
    value, expected = ours(subject), meant(expectation.value)
    if value == expected:
        return None
    return f"{'.'.join(map(str, expectation.path))}: {value!r} is not {expected!r}"
