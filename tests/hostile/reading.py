"""What is done with a document of each kind until its rows are written; and what that costs."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.feeds.opml import parse_opml
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.rows import episode_columns, episode_content, podcast_columns
from tasks.feeds.values import FeedRefused
from tasks.ingest.merit import merit_of
from tasks.speakers.evidence.direct_address import read_direct_address
from tasks.speakers.evidence.introductions import read_introductions
from tasks.speakers.evidence.nicknames_in_text import nicknames_in
from tasks.speakers.evidence.title_mentions import names_in_text
from tasks.speakers.match import match, needs_introductions
from tasks.speakers.names.names import label_key
from tasks.speakers.names.single_label import match_label
from tasks.speakers.values import EpisodeContext
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.speaker_stats import speaker_stats
from tasks.transcripts.values import TranscriptRefused
from tests.hostile.documents import FEEDS, LABELS, LISTS, TRANSCRIPTS, Document


def read_feed(body: bytes) -> None:
    """Parse a feed, make its rows, and find names in the texts of its episodes."""
    try:
        feed = parse_feed(body, url="http://h.example/")
    except FeedRefused:
        return
    podcast_columns(feed)
    for item in feed.items:
        columns = episode_columns(episode_content(feed, item))
        list(names_in_text(columns["title"], columns["description"]))
        nicknames_in(columns["description"])


def read_transcript(body: bytes) -> None:
    """Parse a transcript, and match its speakers by what they say."""
    try:
        parsed = parse_transcript(body)
    except TranscriptRefused:
        return
    merit_of(parsed)
    counts = {label: one.appearances for label, one in speaker_stats(parsed.segments).items()}
    turns = (
        [(one.label, one.text) for one in parsed.segments] if needs_introductions(counts) else []
    )
    match(
        EpisodeContext(
            segment_counts=counts,
            tags=(),
            recurring={},
            introductions=read_introductions(turns),
            direct_addresses=read_direct_address(turns),
        )
    )


def read_list(body: bytes) -> None:
    """Parse a list of feeds."""
    parse_opml(body)


def read_label(body: bytes) -> None:
    """Match a label."""
    label = body.decode()
    match_label(label)
    label_key(label)


_STATUS = Path("/proc/self/status")

KINDS: Mapping[str, tuple[Callable[[bytes], None], dict[str, Document]]] = {
    "feed": (read_feed, FEEDS),
    "transcript": (read_transcript, TRANSCRIPTS),
    "list": (read_list, LISTS),
    "label": (read_label, LABELS),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading took: processor time, and the peak of memory beyond what was there before."""

    seconds: float
    kilobytes: int


def cost_of(kind: str, body: bytes) -> Cost:
    """The cost of reading a document in this process."""
    before, began = _reset_peak(), time.process_time()
    KINDS[kind][0](body)
    return Cost(time.process_time() - began, _peak_kilobytes() - before)


def cost_of_named(kind: str, name: str, size: int) -> Cost:
    """The cost of reading the document of this name at this size."""
    return cost_of(kind, KINDS[kind][1][name](size).encode())


def _reset_peak() -> int:
    """Begin to measure the peak of this process's memory; the memory that it has now."""
    gc.collect()
    _STATUS.with_name("clear_refs").write_text("5")  # proc(5)
    return _peak_kilobytes()


def _peak_kilobytes() -> int:
    (line,) = (one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1])
