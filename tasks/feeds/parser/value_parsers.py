"""What elements and texts say in any feed: a line, a word, a number, a date."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from tasks.feeds.parser.dates import parse_date
from tasks.feeds.parser.elements import Context, Elements
from tasks.feeds.parser.text import one_line

_WHOLE_NUMBER = re.compile(r"\s*(\d{1,9})(?:\.0+)?\s*\Z", re.ASCII)


def name(text: str) -> str | None:
    """Return a text as one line, None when that is empty."""
    return one_line(text) or None


def word_of(*allowed: str) -> Callable[[str], str | None]:
    """Return a reader of one of these words, in any case."""

    def word(text: str) -> str | None:
        said = text.strip().lower()
        return said if said in allowed else None

    return word


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


def distinct(found: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are not empty, each once, in order."""
    return tuple(dict.fromkeys(filter(None, found)))
