"""WebVTT (https://www.w3.org/TR/webvtt1/): cues with voices, comments and identifiers.

A voice (``<v Name>``) stays in force on later cues without one: the Podcasting 2.0 transcript
specification has publishers write it "when they change". A voice without a name names nobody. When
a cue holds several voices each has its own segment, without an end: nobody knows how the time
divides. A document that uses voices is not searched for ``Name:``.
"""

import re
from collections.abc import Iterator

from tasks.transcripts.formats.markup import resolve_references
from tasks.transcripts.labels.cues import Cue, label_cues, read_cues
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import Segment

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]([^<>]*))?>")
# Classes, languages, ruby, timestamps; and SRT's <font> and {\an8}.
_TAG = re.compile(r"</?(?:[a-zA-Z][^<>]*|[\d:.]+)?>|\{\\[^{}]*\}")


def parse_webvtt(text: str) -> Iterator[Segment]:
    """Yield the segments of a WebVTT body, in the published order."""
    cues = read_cues(text, webvtt=True)
    return follow_voices(cues) if _VOICE.search(text) else label_cues(map(without_tags, cues))


def follow_voices(cues: Iterator[Cue]) -> Iterator[Segment]:
    """Yield a segment for each voice of each cue."""
    in_force = ""
    for cue in cues:
        before, *voices = _VOICE.split(cue.text)
        turns = [(in_force, before)] if before.strip() else []
        for name, text in zip(voices[::2], voices[1::2], strict=True):
            in_force = clean_label(resolve_references(name or ""))
            turns.append((in_force, text))
        spoken = [(label, words) for label, text in turns if (words := _plain(text))]
        end_ms = cue.end_ms if len(spoken) == 1 else None
        for label, words in spoken:
            yield Segment(label, words, cue.start_ms, end_ms)


def _plain(text: str) -> str:
    if "<" in text or "{" in text:
        text = _TAG.sub("", text)
    return normalise_text(resolve_references(text))


def without_tags(cue: Cue) -> Cue:
    """Return the cue with tags removed and character references resolved."""
    if not ("<" in cue.text or "{" in cue.text or "&" in cue.text):
        return cue
    text = _TAG.sub("", cue.text)
    return cue._replace(text=resolve_references(text))
