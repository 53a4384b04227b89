"""WebVTT (https://www.w3.org/TR/webvtt1/): cues with voices, comments and identifiers."""

import re
from collections.abc import Iterable

from tasks.transcripts.formats.cue_text import label_timed_text
from tasks.transcripts.formats.cues import parse_cues
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.values import Segment

# Webex names the speaker in the identifier: '12 "Jane Doe" (3456789)'.
_NAMED_IDENTIFIER = re.compile(
    r'\n(?:\d{1,6}[ \t]{1,4})?"([^"<>\n]{1,100})" ?\(\d{1,12}\)[ \t]{0,4}\n'
    r"([\d:.,]{5,16}[ \t]{0,4}-->[^\n]*+\n)"
)


def parse_webvtt(text: str, known: KnownNames = NOBODY) -> Iterable[Segment]:
    """Return the segments of a WebVTT body, in the published order."""
    text = _NAMED_IDENTIFIER.sub(r"\n\2<v \1>", text)
    return label_timed_text(parse_cues(text, webvtt=True), known)
