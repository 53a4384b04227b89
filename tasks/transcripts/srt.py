"""SRT: numbered cues, ``Name:`` when the speaker changes; the numbers may be missing."""

from collections.abc import Iterator

from tasks.transcripts.cues import label_cues, read_cues
from tasks.transcripts.values import Segment
from tasks.transcripts.webvtt import without_tags


def parse_srt(text: str) -> Iterator[Segment]:
    """Yield the segments of an SRT body, in the published order."""
    return label_cues(map(without_tags, read_cues(text, webvtt=False)))
