"""TTML (https://www.w3.org/TR/ttml2/): paragraphs with times, and agents who speak them.

An agent is declared in the head with its name (section 14.1.2), or only referred to, as in Apple's
transcripts. It may be set on a paragraph, on what is around it, or on a span within. Apple marks
each word with a span and leaves out the spaces between.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.formats.ttml_times import TimeBase
from tasks.transcripts.formats.xml_tags import Tag, read_tags
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import Segment

_SPACE = re.compile(r"\s+")
_CONTENT = ("body", "div", "p", "span")


def parse_ttml(text: str) -> Iterable[Segment]:
    """Return the segments of a TTML body, in the published order."""
    segments = list(_Reader().read(text))
    if any(segment.label for segment in segments):
        return segments
    return label_segments(segments)


@dataclass(slots=True)
class _Turn:
    """What one agent says in one paragraph, and the times of the paragraph and its spans."""

    agent: str
    words: list[str] = field(default_factory=list)
    begins: list[int | None] = field(default_factory=list)
    ends: list[int | None] = field(default_factory=list)


class _Reader:
    """Reads tags with a stack of the agents that are in force."""

    def __init__(self) -> None:
        self._times = TimeBase({})
        self._names: dict[str, str] = {}
        self._agent_id = ""  # of the declaration that is open
        self._agents: list[tuple[str, str]] = []  # (element, agent) of the open content
        self._turns: list[_Turn] = []  # of the open paragraph
        self._paragraph: Tag | None = None

    def read(self, xml: str) -> Iterator[Segment]:
        for tag in read_tags(xml):
            self._read_text(tag)
            if tag.name == "tt" and tag.opens:
                self._times = TimeBase(tag.attributes)
            elif tag.name in ("agent", "name"):
                self._read_declaration(tag)
            elif tag.name in _CONTENT:
                yield from self._read_content(tag)
            elif tag.name == "br" and self._paragraph:
                self._turn().words.append(" ")
        yield from self._end_paragraph()

    def _read_text(self, tag: Tag) -> None:
        if self._paragraph is not None and tag.text:
            self._turn().words.append(_SPACE.sub(" ", tag.text))
        elif self._agent_id and tag.name == "name" and tag.closes and tag.text.strip():
            self._names[self._agent_id] = tag.text

    def _read_declaration(self, tag: Tag) -> None:
        if tag.name == "agent" and tag.opens:
            self._agent_id = tag.attributes.get("id", "")

    def _read_content(self, tag: Tag) -> Iterator[Segment]:
        if tag.opens:
            if tag.name == "p":
                yield from self._end_paragraph()
                self._paragraph = tag
            inherited = self._agents[-1][1] if self._agents else ""
            agent = tag.attributes.get("agent", inherited)
            self._agents.append((tag.name, agent))
            self._read_span(tag)
        if tag.closes:
            self._close(tag)
            if tag.name == "p":
                yield from self._end_paragraph()

    def _read_span(self, tag: Tag) -> None:
        """Note the times of a span, and the space before a word."""
        if tag.name != "span" or self._paragraph is None:
            return
        turn = self._turn()
        turn.begins.append(self._times.ms(tag.attributes.get("begin")))
        turn.ends.append(self._times.ms(tag.attributes.get("end")))
        if "unit" in tag.attributes:
            turn.words.append(" ")

    def _close(self, tag: Tag) -> None:
        if self._agents and self._agents[-1][0] == tag.name:
            self._agents.pop()

    def _turn(self) -> _Turn:
        agent = self._agents[-1][1] if self._agents else ""
        if not self._turns or self._turns[-1].agent != agent:
            self._turns.append(_Turn(agent))
        return self._turns[-1]

    def _end_paragraph(self) -> Iterator[Segment]:
        if self._paragraph is not None:
            begin, end = self._times.interval(self._paragraph.attributes)
            spoken = [(turn, text) for turn in self._turns if (text := _text(turn))]
            for turn, text in spoken:
                inner = [_first(turn.begins), _first(reversed(turn.ends))]
                start = begin if turn is spoken[0][0] and begin is not None else inner[0]
                stop = end if turn is spoken[-1][0] and end is not None else inner[1]
                yield Segment(self._label(turn.agent), text, start, end_after(start, stop))
        self._paragraph, self._turns = None, []

    def _label(self, agents: str) -> str:
        return clean_label(" & ".join(self._names.get(each, each) for each in agents.split()))


def _text(turn: _Turn) -> str:
    return normalise_text("".join(turn.words))


def _first(times: Iterable[int | None]) -> int | None:
    return next((time for time in times if time is not None), None)
