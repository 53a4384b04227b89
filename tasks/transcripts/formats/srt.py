"""SRT: numbered cues, with ``Name:`` when the speaker changes; numbers may be missing."""

from tasks.transcripts.formats.webvtt import without_tags
from tasks.transcripts.labels.cues import label_cues, parse_cues
from tasks.transcripts.values import LabelledSegments


def parse_srt(text: str) -> LabelledSegments:
    """Return the segments of an SRT body, in the published order."""
    return label_cues(map(without_tags, parse_cues(text, webvtt=False)))
