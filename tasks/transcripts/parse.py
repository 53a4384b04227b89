"""A transcript's bytes to its segments: decode, find the format, read it."""

from collections.abc import Iterable
from itertools import islice

from tasks.transcripts.formats.decode import decode
from tasks.transcripts.formats.detect import detect
from tasks.transcripts.formats.html import parse_html
from tasks.transcripts.formats.podcast_json import parse_podcast_json
from tasks.transcripts.formats.segment_list import JsonObject, read_segment_list
from tasks.transcripts.formats.srt import parse_srt
from tasks.transcripts.formats.text import parse_text
from tasks.transcripts.formats.webvtt import parse_webvtt
from tasks.transcripts.formats.whisper_json import parse_whisper_json
from tasks.transcripts.values import Segment, Transcript, TranscriptRefused

# Raised whenever the same bytes could give other segments; what was stored by an older one is due.
PARSER_VERSION = 1

# A day of speech in segments of one word has less than half of it.
MAX_SEGMENTS = 500_000

_PARSERS = {"webvtt": parse_webvtt, "srt": parse_srt, "html": parse_html, "text": parse_text}


def parse_transcript(
    body: bytes, *, declared_type: str = "", content_type: str | None = None
) -> Transcript:
    """Return the transcript that the bytes hold, in linear time and bounded memory.

    Args:
        body: as fetched, already decompressed.
        declared_type: what the feed says; it matters only for HTML without a speaker, which is a
            transcript when it was declared as one and an error page when it was not.
        content_type: the answer's header, for its charset and otherwise like ``declared_type``.

    Raises:
        TranscriptRefused: ``empty``, ``binary``, ``too_large``, ``broken_json``,
            ``not_a_transcript`` or ``no_segments``; nothing else for any bytes.
    """
    text = decode(body, content_type)
    name, found = _read(text)
    segments = tuple(islice(found, MAX_SEGMENTS + 1))
    if len(segments) > MAX_SEGMENTS:
        raise TranscriptRefused("too_large", f"More than {MAX_SEGMENTS} segments.")
    if not segments:
        raise TranscriptRefused("no_segments", f"Read as {name}, the transcript has no words.")
    if name == "html" and not _speaks(segments):
        _refuse_other_pages(text, f"{declared_type} {content_type or ''}".lower())
    return Transcript(name, segments)


def _read(text: str) -> tuple[str, Iterable[Segment]]:
    name = detect(text)
    if name != "json":
        return name, _PARSERS[name](text)
    items = read_segment_list(text.lstrip("\ufeff \t\n\f\v\x00"))
    if _is_podcasting(items):
        return "podcast_json", parse_podcast_json(items)
    return "whisper_json", parse_whisper_json(items)


def _is_podcasting(items: list[JsonObject]) -> bool:
    return any("body" in item or "startTime" in item for item in items[:100])


def _speaks(segments: tuple[Segment, ...]) -> bool:
    return any(segment.label or segment.start_ms is not None for segment in segments)


def _refuse_other_pages(text: str, declared: str) -> None:
    """Refuse a page that names no speaker and no time, unless it was offered as a transcript."""
    page = text[:200_000].lower()
    is_site = any(tag in page for tag in ("<nav", "<form", "<script"))
    if is_site or ("html" not in declared and declared.strip()):
        raise TranscriptRefused("not_a_transcript", "A web page, not a transcript.")
