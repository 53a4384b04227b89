"""YouTube's captions as XML: srv3 (``p`` with ``t`` and ``d`` in milliseconds), srv2, srv1.

srv1 is ``<text start dur>`` in seconds, srv2 ``<text t d>`` in milliseconds; both escape twice.
"""

from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.cue_text import plain_text
from tasks.transcripts.formats.json_times import as_ms
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.formats.xml_tags import Tag, read_tags
from tasks.transcripts.timestamps import after, end_after
from tasks.transcripts.values import Segment

_PARAGRAPHS = ("p", "text")


def parse_youtube_xml(text: str) -> Iterable[Segment]:
    """Return the segments of srv1, srv2 or srv3, in the published order."""
    return label_segments(_segments(text))


def _segments(xml: str) -> Iterator[Segment]:
    opened: Tag | None = None
    words: list[str] = []
    for tag in read_tags(xml):
        if opened is not None:
            words += [tag.text, "\n"] if tag.name == "br" else [tag.text]
        if tag.name not in _PARAGRAPHS:
            continue
        if opened is not None and (spoken := plain_text("".join(words))):
            yield _segment(opened, spoken)
        opened, words = (tag if tag.opens and not tag.closes else None), []


def _segment(tag: Tag, text: str) -> Segment:
    is_srv1 = "start" in tag.attributes
    start_key, length_key = ("start", "dur") if is_srv1 else ("t", "d")
    start = as_ms(tag.attributes.get(start_key), in_ms=not is_srv1)
    end = after(start, as_ms(tag.attributes.get(length_key), in_ms=not is_srv1))
    return Segment("", text, start, end_after(start, end))
