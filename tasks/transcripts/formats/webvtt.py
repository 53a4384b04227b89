"""WebVTT (https://www.w3.org/TR/webvtt1/): cues with voices, comments and identifiers.

A voice tag (``<v Name>``) applies to later cues without one: the Podcasting 2.0 transcript
specification lets publishers write it "when they change". A tag without a name means an unknown
speaker. In a cue with several voice tags each has its own segment, without an end, because it is
unknown how the time divides. A document with voice tags is not searched for ``Name:``.
"""

import re
from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.markup import resolve_references
from tasks.transcripts.labels.cues import Cue, label_cues, parse_cues
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import Segment

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]([^<>]*))?>")
# Classes, languages, ruby, timestamps; and SRT's <font> and {\an8}.
_TAG = re.compile(r"</?(?:[a-zA-Z][^<>]*|[\d:.]+)?>|\{\\[^{}]*\}")


def parse_webvtt(text: str) -> Iterable[Segment]:
    """Yield the segments of a WebVTT body, in the published order."""
    cues = parse_cues(text, webvtt=True)
    return _with_voices(cues) if _VOICE.search(text) else label_cues(map(without_tags, cues))


def _with_voices(cues: Iterator[Cue]) -> Iterator[Segment]:
    """Yield a segment for each voice tag of each cue."""
    current = ""
    for cue in cues:
        before, *voices = _VOICE.split(cue.text)
        turns = [(current, before)] if before.strip() else []
        for name, text in zip(voices[::2], voices[1::2], strict=True):
            current = clean_label(resolve_references(name or ""))
            turns.append((current, text))
        spoken = [(label, plain) for label, text in turns if (plain := _plain(text))]
        end_ms = cue.end_ms if len(spoken) == 1 else None
        for label, plain in spoken:
            yield Segment(label, plain, cue.start_ms, end_ms)


def _plain(text: str) -> str:
    if "<" in text or "{" in text:
        text = _TAG.sub("", text)
    return normalise_text(resolve_references(text))


def without_tags(cue: Cue) -> Cue:
    """Remove the tags of a cue, and resolve its character references."""
    if not ("<" in cue.text or "{" in cue.text or "&" in cue.text):
        return cue
    text = _TAG.sub("", cue.text)
    return cue._replace(text=resolve_references(text))
