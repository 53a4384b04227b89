"""The text of cues: tags, character references, and voices (``<v Name>``).

A voice tag applies to later cues without one: the Podcasting 2.0 transcript specification lets
publishers write it "when they change". A tag without a name means an unknown speaker, and so does
text behind ``</v>`` in the same cue (WebVTT, section 4.2.2). In a cue with several voice tags each
has its own segment, without an end, because it is unknown how the time divides. SRT files that were
made from WebVTT have voices too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.markup import resolve_references
from tasks.transcripts.formats.rolling import without_repeats
from tasks.transcripts.labels.asides import is_stage_direction
from tasks.transcripts.labels.cues import Cue, label_cues
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.validity import MAX_PROSE_LABEL, clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import Segment

# Converters write capitals, and a no-break space before the name.
_VOICE = re.compile(r"<v(?:\.[^\s<>&]*)?(?:(?:\s|&nbsp;|&#160;)([^<>]*))?>", re.IGNORECASE)
_END = re.compile(r"</v\s*>", re.IGNORECASE)
# The dash of a dialogue, which editors put before the tag of each speaker.
_DASH = re.compile(r"(^|\n|>)[ \t]*[-\u2010-\u2015][ \t]*(?=<v[\s.&>])", re.IGNORECASE)
_LABEL = re.compile(rf"\s{{0,9}}([^<>:\uff1a\n]{{1,{MAX_PROSE_LABEL}}})(?::(?=\s|$)|\uff1a)")
# "<Speaker 1>", and no element of WebVTT, SRT or HTML, nor "<inaudible>".
_NAME_TAG = re.compile(
    r"(^|\n)[ \t]{0,9}<(?!(?i:b|i|u|s|c|v|p|br|rt|ruby|lang|font|span|div|em|strong)\b)"
    r"([^\W\d_a-z][^<>/=\"]{1,79}|[Ss]peaker[ _]?\w{1,3})>[ \t]*:?",
)
# Classes, languages, ruby, timestamps; and SRT's <font> and {\an8}.
_BREAK = re.compile(r"</?(?:br|p|div)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:[a-zA-Z][^<>]*|[\d:.]+)?>|\{\\[^{}]*\}")


def label_timed_text(cues: Iterable[Cue], known: KnownNames = NOBODY) -> Iterable[Segment]:
    """Return the segments of cues: by their voices if they have any, else by ``Name:``."""
    shown = without_repeats(list(cues), _without_inline_tags)
    if any(_VOICE.search(cue.text) for cue in shown):
        return _with_voices(shown)
    return label_cues(map(_without_tags, shown), known)


def plain_text(text: str) -> str:
    """Return text without tags, with its character references resolved, for storage."""
    if "<" in text or "{" in text:
        text = _TAG.sub("", _BREAK.sub(" ", text))
    return normalise_text(resolve_references(text))


def _without_inline_tags(line: str) -> str:
    return (_TAG.sub("", line) if "<" in line else line).strip()


def _without_tags(cue: Cue) -> Cue:
    """Remove the tags of a cue; a name in angle brackets at the start of a line is a label."""
    if not ("<" in cue.text or "{" in cue.text or "&" in cue.text):
        return cue
    text = _NAME_TAG.sub(r"\1\2: ", cue.text) if "<" in cue.text else cue.text
    return cue._replace(text=resolve_references(_TAG.sub("", text)))


def _with_voices(cues: Sequence[Cue]) -> Iterator[Segment]:
    """Yield a segment for each voice tag of each cue, and for the text outside of all."""
    current, names = "", dict[str | None, str]()
    labels = _labels_beside_voices(cues)
    for cue in cues:
        may_have_dash = "-" in cue.text or not cue.text.isascii()
        before, *voices = _VOICE.split(_DASH.sub(r"\1", cue.text) if may_have_dash else cue.text)
        if labels and not voices:
            current, before = _labelled(before, labels) or (current, before)
        turns = [(current, before)]
        for name, text in zip(voices[::2], voices[1::2], strict=True):
            if name not in names:
                names[name] = _voice_name(name)
            current = names[name]
            turns += _until_its_end(current, text) if "</" in text else [(current, text)]
        spoken = [(label, plain) for label, text in turns if (plain := plain_text(text))]
        end_ms = cue.end_ms if len(spoken) == 1 else None
        for label, plain in spoken:
            is_aside = not voices and is_stage_direction(plain)
            yield Segment("" if is_aside else label, plain, cue.start_ms, end_ms)


def _labels_beside_voices(cues: Sequence[Cue]) -> set[str]:
    """The labels (``Name:``) of cues without a voice, as the whole document supports them.

    The voices count as labels of their cues: some editors mix both.
    """
    if not any(_LABEL.match(cue.text) for cue in cues):
        return set()
    as_labels = (_VOICE.sub(lambda tag: f"{_voice_name(tag[1])}: ", cue.text) for cue in cues)
    rendered = [cue._replace(text=text) for cue, text in zip(cues, as_labels, strict=True)]
    return {segment.label for segment in label_cues(map(_without_tags, rendered))}


def _labelled(text: str, labels: set[str]) -> tuple[str, str] | None:
    """The label that a text begins with, and the rest; None when it begins with none of them."""
    match = _LABEL.match(text)
    label = clean_label(plain_text(match[1])) if match else ""
    return (label, text[match.end() :]) if match and label in labels else None


def _voice_name(published: str | None) -> str:
    name = resolve_references(published or "").strip().removesuffix("/")
    return clean_label(name.strip().strip("\"'\u201c\u201d"))


def _until_its_end(label: str, text: str) -> list[tuple[str, str]]:
    spoken, *outside = _END.split(text, maxsplit=1)
    return [(label, spoken), *(("", each) for each in outside)]
