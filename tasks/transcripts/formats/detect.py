"""Detect the format of a transcript from its text: declared media types are often wrong."""

import re

from tasks.transcripts.formats.cues import BRACKETED_TIMING, SBV_TIMING, TIMING
from tasks.transcripts.formats.substation import SUBSTATION
from tasks.transcripts.formats.table import delimiter_of
from tasks.transcripts.formats.text import without_front_matter
from tasks.transcripts.formats.whisper_tsv import WHISPER_TSV
from tasks.transcripts.values import TranscriptRefused

_JSON = re.compile(r"\{\s*[\"}]|\[\s*[{\]]")
_HTML = re.compile(
    r"<(?:!doctype html|!--|html|head|body|article|section|main|div|p|cite|time|h[1-6]|span|b"
    r"|strong|em|i|br|ul|ol|li|dl|table|pre|blockquote|header|aside|font|center|a(?=\s))\b",
    re.IGNORECASE,
)
_XML_FORMATS = {"tt": "ttml", "timedtext": "youtube_xml", "transcript": "youtube_xml"}
_XML_ROOT = re.compile(r"(?:<[?!][^<>]*>\s*)*+<(?:[A-Za-z_][\w.-]*:)?(\w+)")
_OTHER_XML = re.compile(r"<(?:\?xml|rss|feed|tt|opml|smil|svg|error)\b", re.IGNORECASE)
_HTML_TAG = re.compile(r"<html\b", re.IGNORECASE)
_KEY = r"(?:speaker|name|start|end|time|text)"
_YAML_TURN = re.compile(
    rf"\n[ \t]{{0,20}}-[ \t]{{1,9}}{_KEY}:[^\n]*\n[ \t]{{1,20}}{_KEY}:", re.IGNORECASE
)
_NEAR_START = 20_000  # characters: a long header or many notes may precede the first cue


def detect(text: str) -> str:
    """Return the name of a format; the dialects of JSON have names of their own.

    Raises:
        TranscriptRefused: ``not_a_transcript`` for a format that is never a transcript.
    """
    start = text.lstrip("\ufeff \t\n\f\v\x00")
    if start.startswith("WEBVTT"):
        return "webvtt"
    if _JSON.match(start):
        return "json"
    if (named := _named_by_its_first_line(start)) is not None:
        return named
    if start.startswith("{\\rtf"):
        raise TranscriptRefused("not_a_transcript", "RTF is not supported.")
    if (root := _XML_ROOT.match(start)) and root[1].lower() in _XML_FORMATS:
        return _XML_FORMATS[root[1].lower()]
    markup = without_front_matter(start).lstrip()
    if _OTHER_XML.match(markup) and not _HTML_TAG.search(markup, 0, _NEAR_START):
        raise TranscriptRefused("not_a_transcript", "The XML document is not a transcript.")
    if markup.startswith("<") and (_HTML.match(markup) or _HTML_TAG.search(markup, 0, 1000)):
        return "text" if _is_markdown_around(markup) else "html"
    return _timed("\n" + start[:_NEAR_START])


def _named_by_its_first_line(start: str) -> str | None:
    if WHISPER_TSV.match(start):
        return "whisper_tsv"
    if SUBSTATION.match(start):
        return "substation"
    return "table" if delimiter_of(start) else None


def _timed(start: str) -> str:
    if TIMING.search(start) or BRACKETED_TIMING.search(start):
        return "srt"
    if _YAML_TURN.search(start):
        raise TranscriptRefused("not_a_transcript", "YAML is not supported.")
    return "sbv" if SBV_TIMING.search(start) else "text"


def _is_markdown_around(markup: str) -> bool:
    """Whether tags only decorate the start of a text that is written in paragraphs."""
    blocks = markup.count("\n\n")
    return blocks > 3 and markup.count("<") < blocks
