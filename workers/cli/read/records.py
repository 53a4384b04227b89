"""What we make of an input, as the records that `read … --json` prints. Pure.

docs/json.md documents the fields.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tasks.budgets.values import BudgetInterrupted
from tasks.http.redaction import public_url
from workers.cli.read.inputs import Input, InputRefused

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared of the inputs: the media type, and the language of the podcast."""

    type: str = ""
    language: str = ""


# Returns the record of an input; raises `InputRefused`.
Reader = Callable[[Input, Declared], Record]

# The base of relative URLs in a feed that was not fetched (RFC 2606 reserves its name).
BASE_URL = "http://x.example/"


def record_of(read: Input, declared: Declared, reader: Reader) -> Record:
    """The record of one input: what the reader makes of it, or why it is refused."""
    try:
        if read.refused is not None:
            raise read.refused
        return {"file": read.shown_name, **reader(read, declared)}
    except BudgetInterrupted as interrupted:
        return {"file": read.shown_name, "refused": "time_limit", "message": str(interrupted)}
    except InputRefused as refused:
        return {"file": read.shown_name, "refused": refused.reason, "message": str(refused)}


def transcript_record(read: Input, declared: Declared) -> Record:
    """The format, the segments and the labels of a transcript."""
    from tasks.http.private_text import feed_secrets  # noqa: PLC0415
    from tasks.transcripts.private_transcript import without_private_texts  # noqa: PLC0415
    from tasks.transcripts.read import read_transcript  # noqa: PLC0415  names need no parser
    from tasks.transcripts.values import TranscriptRefused  # noqa: PLC0415

    try:
        parsed = read_transcript(
            read.body,
            declared_type=declared.type,
            content_type=read.content_type or declared.type,
            language=declared.language,
        )
    except TranscriptRefused as refused:
        raise InputRefused(refused.reason, str(refused)) from refused
    if read.is_private:
        parsed = without_private_texts(parsed, feed_secrets(read.name))
    return {
        "format": parsed.format,
        "segments": [segment._asdict() for segment in parsed.segments],
        "labels": [asdict(candidate) for candidate in parsed.candidates],
    }


def feed_record(read: Input, declared: Declared) -> Record:
    """The podcast and the episodes of a feed."""
    from tasks.feeds.private_feed import (  # noqa: PLC0415
        without_private_texts,
        without_private_urls,
    )
    from tasks.feeds.read import read_feed  # noqa: PLC0415
    from tasks.feeds.values import FeedRefused  # noqa: PLC0415

    content_type = declared.type or read.content_type
    try:
        feed = read_feed(read.body, url=read.url or BASE_URL, content_type=content_type)
    except FeedRefused as refused:
        raise InputRefused(refused.reason, str(refused)) from refused
    if read.is_private:
        feed = without_private_urls(without_private_texts(feed, read.name))
    return {
        "podcast": {
            "title": feed.title,
            "guid": feed.podcast_guid,
            "link": feed.link,
            "language": feed.language,
            "author": feed.author,
            "people": _people(feed.persons),
        },
        "episodes": [_episode(item) for item in feed.items],
    }


def _episode(item: Any) -> Record:
    return {
        "guid": item.guid,
        "title": item.title,
        "published_at": _time(item.published_at),
        "duration_ms": item.duration_ms,
        "link": item.link,
        "audio_url": item.audio.url if item.audio else None,
        "enclosures": [enclosure._asdict() for enclosure in item.enclosures],
        "transcripts": [{"url": each.url, "type": each.type} for each in item.transcripts],
        "people": _people(item.persons),
    }


def _people(tags: Iterable[Any]) -> list[Record]:
    return [{"name": tag.name, "role": tag.role} for tag in tags]


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def opml_record(read: Input, declared: Declared) -> Record:
    """The feeds of an OPML document or of a list of URLs, with the problem of each row."""
    from tasks.feeds.read import read_opml  # noqa: PLC0415
    from tasks.feeds.values import FeedRefused  # noqa: PLC0415

    del declared
    try:
        entries = read_opml(read.body)
    except FeedRefused as refused:
        raise InputRefused(refused.reason, str(refused)) from refused
    return {
        "feeds": [
            {"title": entry.title, "feed_url": public_url(entry.feed_url), "problem": entry.problem}
            for entry in entries
        ]
    }


def name_record(label: str) -> Record:
    """The person whom a label names by itself, and why, or why it names nobody."""
    from tasks.speakers.names.single_label import match_label  # noqa: PLC0415

    match = match_label(label)
    person = match.name.display if match.name and match.method == "full_name" else None
    return {"label": label, "person": person, "reason": match.reason}
