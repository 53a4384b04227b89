"""Parsers of single values in RSS and Atom: a line, a word, a number, a date."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from tasks.feeds.parser.dates import parse_date
from tasks.feeds.parser.elements import Context, Elements
from tasks.feeds.parser.text import one_line

_WHOLE_NUMBER = re.compile(r"\s*(\d{1,9})(?:\.0+)?\s*\Z", re.ASCII)


def name(text: str) -> str | None:
    """Return a text as one line; None when it is empty."""
    return one_line(text) or None


def word_of(*allowed: str) -> Callable[[str], str | None]:
    """Return a parser that accepts one of these words, in any case."""

    def word(text: str) -> str | None:
        lowered = text.strip().lower()
        return lowered if lowered in allowed else None

    return word


def whole_number(text: str) -> int | None:
    """Return a text of digits as a number; None for anything else."""
    match = _WHOLE_NUMBER.match(text) if text else None
    return int(match[1]) if match else None


def date(_: Context, elements: Elements) -> datetime | None:
    """Return the first date that can be parsed."""
    for element in elements:
        if moment := parse_date(element.text):
            return moment
    return None


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words without empty ones and repetitions, in order."""
    return tuple(dict.fromkeys(filter(None, words)))
