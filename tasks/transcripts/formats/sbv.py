"""SubViewer (SBV), which YouTube exports: start and end on one line, then the text."""

from collections.abc import Iterable

from tasks.transcripts.formats.cue_text import label_timed_text
from tasks.transcripts.formats.cues import SBV_TIMING, parse_cues
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.values import Segment


def parse_sbv(text: str, known: KnownNames = NOBODY) -> Iterable[Segment]:
    """Return the segments of an SBV body, in the published order."""
    return label_timed_text(parse_cues(text, timing=SBV_TIMING), known)
