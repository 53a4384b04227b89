"""Timed cues to segments: the common part of WebVTT, SRT and JSON without speakers.

``Name:`` at the start of a line applies until the next one. ``>>`` alone, as in broadcast captions,
and dashes before several lines of a cue mean that another speaker begins, whose name is unknown.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tasks.transcripts.labels.asides import is_stage_direction
from tasks.transcripts.labels.cue_lines import (
    CueLine,
    ends_sentence,
    line_at_sign,
    occurrences_in,
    parse_cues_lines,
    turns_in,
    without_unmarked,
)
from tasks.transcripts.labels.decision import LabelDecision, decide_labels
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.openings import opening_beside
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import LabelledSegments, Segment


class Cue(NamedTuple):
    """A text and its times in milliseconds; the text may still begin with ``Name:``."""

    start_ms: int | None
    end_ms: int | None
    text: str


def label_cues(cues: Iterable[Cue], known: KnownNames = NOBODY) -> LabelledSegments:
    """Return the segments of cues, each with the last label before it ('' before the first).

    A cue in which several speakers begin has a segment for each, without an end, because it is
    unknown how the time divides.
    """
    cues = list(cues)
    texts = [cue.text for cue in cues]
    lines = without_unmarked(parse_cues_lines(texts))
    occurrences = occurrences_in(lines)
    decision = decide_labels(occurrences, texts, known=known)
    if opening := opening_beside(decision, occurrences, texts):
        lines = [line_at_sign(text, opening) or of for text, of in zip(texts, lines, strict=True)]
        decision = decide_labels(occurrences_in(lines), texts, known=known)
    return LabelledSegments(_with_labels(cues, lines, decision), decision.candidates)


def _with_labels(
    cues: Iterable[Cue], lines: Iterable[list[CueLine]], decision: LabelDecision
) -> Iterator[Segment]:
    current, after_sentence = "", True
    for cue, of_cue in zip(cues, lines, strict=True):
        turns = [(current, cue.text)]
        if of_cue:
            turns = list(turns_in(of_cue, decision, current, after_sentence=after_sentence))
            current = turns[-1][0]
        spoken = [(label, plain) for label, text in turns if (plain := normalise_text(text))]
        end_ms = cue.end_ms if len(spoken) == 1 else None
        for label, plain in spoken:
            speaker = "" if is_stage_direction(plain) else label
            yield Segment(speaker, plain, cue.start_ms, end_ms)
            after_sentence = ends_sentence(plain)
