"""Words that a reader wants to find in a transcript, marked where they are. Pure."""

import re

from markupsafe import Markup, escape

from web.presenters.filters import clean

_AROUND = 50


def marked(text: str, words: str) -> Markup:
    """A text with each occurrence of the words marked, whatever their case."""
    text = clean(text)
    if not words:
        return escape(text)
    pieces = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )


def excerpt(text: str, words: str) -> str:
    """What is around the first occurrence of the words."""
    found = re.search(re.escape(words), text, flags=re.IGNORECASE)
    begin, end = found.span() if found else (0, 0)
    first, last = max(0, begin - _AROUND), min(len(text), end + _AROUND)
    return f"{'…' if first else ''}{text[first:last].strip()}{'…' if last < len(text) else ''}"
