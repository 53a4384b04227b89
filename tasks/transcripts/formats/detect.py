"""Which format the bytes are in. The declared type is a hint at most: it lies."""

import re

from tasks.transcripts.formats.text import without_front_matter
from tasks.transcripts.labels.cues import TIMING
from tasks.transcripts.values import TranscriptRefused

_JSON = re.compile(r"\{\s*[\"}]|\[\s*[{\]]")
_HTML = re.compile(
    r"<(?:!doctype html|!--|html|head|body|article|section|main|div|p|cite|time|h[1-6]|span|b"
    r"|strong|em|i|br|ul|dl|table|pre)\b",
    re.IGNORECASE,
)
_OTHER_XML = re.compile(r"<(?:\?xml|rss|feed|tt|opml|smil|svg|error)\b", re.IGNORECASE)
_HTML_INSIDE = re.compile(r"<html\b", re.IGNORECASE)
_NEAR_THE_START = 20_000  # characters; a long header or many notes may stand before the first cue


def detect(text: str) -> str:
    """Return ``webvtt``, ``srt``, ``json``, ``html`` or ``text``.

    Raises:
        TranscriptRefused: ``not_a_transcript`` for what is recognised and never one.
    """
    start = text.lstrip("\ufeff \t\n\f\v\x00")
    if start.startswith("WEBVTT"):
        return "webvtt"
    if _JSON.match(start):
        return "json"
    if start.startswith("{\\rtf"):
        raise TranscriptRefused("not_a_transcript", "RTF is not read.")
    markup = without_front_matter(start).lstrip()
    if _OTHER_XML.match(markup) and not _HTML_INSIDE.search(markup, 0, _NEAR_THE_START):
        raise TranscriptRefused("not_a_transcript", "An XML document that is no transcript.")
    if markup.startswith("<") and (_HTML.match(markup) or _HTML_INSIDE.search(markup, 0, 1000)):
        return "text" if _is_markdown_around(markup) else "html"
    return "srt" if TIMING.search("\n" + start[:_NEAR_THE_START]) else "text"


def _is_markdown_around(markup: str) -> bool:
    """Tell whether tags only decorate the start of a text that is written in paragraphs."""
    blocks = markup.count("\n\n")
    return blocks > 3 and markup.count("<") < blocks
