"""WebVTT (https://www.w3.org/TR/webvtt1/): cues with voices, comments and identifiers."""

from collections.abc import Iterable

from tasks.transcripts.formats.cue_text import label_timed_text
from tasks.transcripts.formats.cues import parse_cues
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.values import Segment


def parse_webvtt(text: str, known: KnownNames = NOBODY) -> Iterable[Segment]:
    """Return the segments of a WebVTT body, in the published order."""
    return label_timed_text(parse_cues(text, webvtt=True), known)
