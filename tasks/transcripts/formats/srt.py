"""SRT: numbered cues, with ``Name:`` when the speaker changes; numbers may be missing.

So is WebVTT whose first line is missing. A body that was stored as HTML is escaped once. What
Whisper prints has the times in brackets before the text.
"""

from collections.abc import Iterable

from tasks.transcripts.formats.cue_text import label_timed_text
from tasks.transcripts.formats.cues import BRACKETED_TIMING, ESCAPED_ARROW, parse_cues
from tasks.transcripts.formats.markup import resolve_references
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.values import Segment


def parse_srt(text: str, known: KnownNames = NOBODY) -> Iterable[Segment]:
    """Return the segments of an SRT body, in the published order."""
    if ESCAPED_ARROW.search("\n" + text[:20_000]):
        text = resolve_references(text)
    if "[" in text:
        text = BRACKETED_TIMING.sub(r"\n\1 --> \2\n", "\n" + text)
    return label_timed_text(parse_cues(text), known)
