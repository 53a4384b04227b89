"""What elements say in any feed: a line, a number, a word, a date, a duration."""

import re
from collections.abc import Iterable
from datetime import datetime

from tasks.feeds.dates import parse_date
from tasks.feeds.durations import parse_duration
from tasks.feeds.elements import Context, Elements, first_text
from tasks.feeds.fields import Reader
from tasks.feeds.text import one_line

_WHOLE_NUMBER = re.compile(r"\s*(\d{1,9})(?:\.0+)?\s*\Z", re.ASCII)


def line(_: Context, elements: Elements) -> str:
    """Return the first text, as one line."""
    return one_line(first_text(elements))


def name(_: Context, elements: Elements) -> str | None:
    """Return the first text as one line, None when that is empty."""
    return one_line(first_text(elements)) or None


def word_of(*allowed: str) -> Reader:
    """Return a reader of one of these words, in any case."""

    def word(_: Context, elements: Elements) -> str | None:
        said = first_text(elements).strip().lower()
        return said if said in allowed else None

    return word


def number(_: Context, elements: Elements) -> int | None:
    """Return the number of an episode or a season."""
    return whole_number(first_text(elements))


def whole_number(text: str) -> int | None:
    """Return the number that the text is; None for anything but digits."""
    found = _WHOLE_NUMBER.match(text) if text else None
    return int(found[1]) if found else None


def date(_: Context, elements: Elements) -> datetime | None:
    """Return the first date that can be read."""
    for element in elements:
        if moment := parse_date(element.text):
            return moment
    return None


def duration(_: Context, elements: Elements) -> int | None:
    """Return the first duration, in milliseconds."""
    return parse_duration(first_text(elements))


def distinct(found: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are not empty, each once, in order."""
    return tuple(dict.fromkeys(filter(None, found)))
