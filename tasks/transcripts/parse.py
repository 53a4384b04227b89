"""Parse the bytes of a transcript into segments: decode, detect the format, parse it."""

import re
from collections.abc import Iterable
from itertools import islice

from tasks.transcripts.formats.decode import decode
from tasks.transcripts.formats.detect import detect
from tasks.transcripts.formats.html import parse_html, shown_source
from tasks.transcripts.formats.json_dialects import parse_json
from tasks.transcripts.formats.sbv import parse_sbv
from tasks.transcripts.formats.srt import parse_srt
from tasks.transcripts.formats.substation import parse_substation
from tasks.transcripts.formats.table import parse_table
from tasks.transcripts.formats.text import parse_text
from tasks.transcripts.formats.ttml import parse_ttml
from tasks.transcripts.formats.webvtt import parse_webvtt
from tasks.transcripts.formats.whisper_tsv import parse_whisper_tsv
from tasks.transcripts.formats.youtube_xml import parse_youtube_xml
from tasks.transcripts.labels.known import KnownNames, known_names
from tasks.transcripts.values import (
    LabelCandidate,
    LabelledSegments,
    ParsedTranscript,
    Segment,
    TranscriptRefused,
    tagged_candidates,
)

# Raise it whenever the same bytes could give other segments: older ones are then parsed again.
PARSER_VERSION = 12

# More than twice a day of speech in segments of one word.
MAX_SEGMENTS = 500_000

# Naming compares each label with each candidate. The shared transcripts have 17 labels at most.
MAX_LABELS = 200

# Formats whose labels may be in the text, which the label decision finds; and the others.
_WITH_LABELS_IN_TEXT = {
    "webvtt": parse_webvtt,
    "srt": parse_srt,
    "sbv": parse_sbv,
    "substation": parse_substation,
    "html": parse_html,
    "text": parse_text,
}
_PARSERS = {
    "whisper_tsv": parse_whisper_tsv,
    "table": parse_table,
    "ttml": parse_ttml,
    "youtube_xml": parse_youtube_xml,
}
# The word for a transcript in a heading of a page, in the languages of most podcasts.
_TRANSCRIPT_HEADING = re.compile(
    r"<h[1-6]\b[^<>]*+>(?:[^<]|<(?!/h)[^<>]{0,200}>){0,80}?"
    r"(?:\btrans[ck]ri|\btrascri|\btranskry|расшифровка|стенограмма|文字起こし|書き起こし|逐字稿|녹취록"
    r"|\bpřepis\b|\bavskrift\b|\budskrift\b|\butskrift\b|\blitteroin)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_MIN_CHARACTERS = 400  # below such a heading: fewer may be a link to the transcript, or its price
_PASSWORD_FIELD = re.compile(r"<input\b[^<>]{0,200}\btype\s*=\s*[\"']?password\b", re.IGNORECASE)


def parse_transcript(
    body: bytes,
    *,
    declared_type: str = "",
    content_type: str | None = None,
    language: str | None = None,
    known: Iterable[str] = (),
) -> ParsedTranscript:
    """Parse the bytes of a transcript, in linear time and bounded memory.

    Args:
        body: as fetched, already decompressed.
        declared_type: the media type in the feed. It matters only for HTML without speakers and
            times: declared as another type, it is an error page and not a transcript.
        content_type: the header of the response, for its charset; otherwise as ``declared_type``.
        language: of the podcast (BCP 47), for bytes in a legacy charset that is not declared.
        known: names that the episode or its podcast has elsewhere; evidence for labels that occur
            once.

    Raises:
        TranscriptRefused: ``empty``, ``binary``, ``too_large``, ``unknown_charset``,
            ``broken_json``, ``not_a_transcript``, ``too_many_labels`` or ``no_segments``; nothing
            else for any bytes.
    """
    text = shown_source(decode(body, content_type, language))
    format_, parsed = _parse(text, known_names(known))
    segments = tuple(islice(parsed, MAX_SEGMENTS + 1))
    if len(segments) > MAX_SEGMENTS:
        raise TranscriptRefused(
            "too_large", f"The transcript has more than {MAX_SEGMENTS} segments."
        )
    if not segments:
        raise TranscriptRefused("no_segments", f"Parsed as {format_}, the transcript has no text.")
    if len({segment.label for segment in segments}) > MAX_LABELS:
        message = f"The transcript has more than {MAX_LABELS} different labels."
        raise TranscriptRefused("too_many_labels", message)
    if format_ == "html" and (_is_sign_in(text, segments) or not _has_labels_or_times(segments)):
        _refuse_other_pages(text, f"{declared_type} {content_type or ''}".lower())
    return ParsedTranscript(format_, segments, _candidates(parsed, segments))


def _candidates(
    parsed: Iterable[Segment], segments: tuple[Segment, ...]
) -> tuple[LabelCandidate, ...]:
    if isinstance(parsed, LabelledSegments):
        return parsed.candidates
    return tagged_candidates(segments)


def _parse(text: str, known: KnownNames) -> tuple[str, Iterable[Segment]]:
    format_ = detect(text)
    if format_ == "json":
        return parse_json(text)
    if format_ in _PARSERS:
        return format_, _PARSERS[format_](text)
    return format_, _WITH_LABELS_IN_TEXT[format_](text, known)


def _has_labels_or_times(segments: tuple[Segment, ...]) -> bool:
    return any(segment.label or segment.start_ms is not None for segment in segments)


def _is_sign_in(text: str, segments: tuple[Segment, ...]) -> bool:
    """Whether it asks for a password, has no times, and no label of its fields occurs again."""
    labels = [segment.label for segment in segments if segment.label]
    is_timed = any(segment.start_ms is not None for segment in segments)
    is_form = not is_timed and len(labels) == len({*labels})
    return is_form and bool(_PASSWORD_FIELD.search(text))


def _refuse_other_pages(text: str, declared: str) -> None:
    """Refuse a page without labels and times that is declared otherwise, or is a web site.

    A site may be one person's talk, if a heading of the page says that it is a transcript.
    """
    page = text[:200_000].lower()
    is_site = any(tag in page for tag in ("<nav", "<form", "<script"))
    is_site = is_site and not _has_transcript_below_heading(page)
    if is_site or ("html" not in declared and declared.strip()):
        raise TranscriptRefused("not_a_transcript", "The document is a web page, not a transcript.")


def _has_transcript_below_heading(page: str) -> bool:
    """Whether a heading of the page says that what is below it is the transcript."""
    heading = _TRANSCRIPT_HEADING.search(page)
    below = page[heading.end() :].partition("<footer")[0] if heading else ""
    return len(_TAG.sub("", below)) >= _MIN_CHARACTERS
