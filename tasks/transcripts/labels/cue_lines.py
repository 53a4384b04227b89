"""The lines of a cue: candidates for labels, and signs that another speaker begins."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import category

from tasks.transcripts.labels.candidates import LabelShape, Occurrence
from tasks.transcripts.labels.decision import LabelDecision
from tasks.transcripts.labels.openings import Opening, start_at_sign
from tasks.transcripts.labels.paragraph_start import parse_paragraph_start

_LEAD = re.compile(r"[\s.…♪\u2013\u2014\-]{0,6}(?P<change>>>+\s{0,3})?")
_DASH = re.compile(r"\s*[-\u2013\u2014]\s*(?=\S)")
# "- Coffee? - Black.": two voices in one line.
_BETWEEN_VOICES = re.compile(r"(?<=[.?!…]) (?=[-\u2013\u2014] \S)")
_MAY_BEGIN = re.compile(r"[:\uff1a\[(>]|[.?!…] [-\u2013\u2014] |\n[ \t]{0,8}[-\u2013\u2014]")
_MAX_LABEL_LINE = 40
_LEAST_MARKED, _NEARLY_ALL = 8, 0.8
_SENTENCE_ENDS = tuple('.?!…"”)]')
# Punctuation of other scripts that ends no sentence: commas, semicolons, colons, the middle dot.
_WITHIN_SENTENCE = frozenset("\u060c\u061b\u3001\uff0c\uff1b\uff1a\u30fb\u00b7\u1363\u1366")


class CueLine(NamedTuple):
    """A line of a cue: where its text begins, and the label or sign that begins it.

    ``label`` is None without a candidate. ``rest`` is the offset behind the label, ``begin`` that
    behind the sign.
    """

    text: str
    label: str | None
    shape: LabelShape
    rest: int
    begin: int
    changes: bool


def parse_cues_lines(texts: Sequence[str]) -> list[list[CueLine]]:
    """Parse the lines of each cue; none for a cue without a candidate or a sign."""
    stripped = [text.strip("\n") for text in texts]
    lines = Counter(text.partition("\n")[0] for text in stripped if "\n" in text)
    repeated = {line for line, count in lines.items() if count > 1}
    return [
        _parse_lines(text, repeated)
        if _MAY_BEGIN.search(text) or (repeated and text.partition("\n")[0] in repeated)
        else []
        for text in stripped
    ]


def _parse_lines(text: str, repeated: set[str]) -> list[CueLine]:
    lines = (_BETWEEN_VOICES.sub("\n", text) if _DASH.match(text) else text).split("\n")
    dashed = len(lines) > 1 and sum(_DASH.match(line) is not None for line in lines) > 1
    parsed = [_parse_line(line, dashed=dashed) for line in lines]
    first = parsed[0]
    if len(lines) > 1 and lines[0] in repeated and first.label is None and not first.changes:
        parsed[0] = _alone_on_first_line(first)
    return parsed


def _parse_line(line: str, *, dashed: bool) -> CueLine:
    dash = _DASH.match(line) if dashed else None
    if not _MAY_BEGIN.search(line):
        return CueLine(line, None, LabelShape.BARE, 0, dash.end() if dash else 0, bool(dash))
    lead = _LEAD.match(line)
    begin = lead.end() if lead else 0
    changes = bool(dash or (lead and lead["change"]))
    start = parse_paragraph_start(line[begin:])
    shape = LabelShape.BARE if start.shape is LabelShape.TIMED else start.shape
    is_candidate = bool(start.label) and shape is not LabelShape.LINE
    return CueLine(
        line,
        start.label if is_candidate else None,
        shape,
        begin + start.rest,
        begin if changes else 0,
        changes,
    )


def _alone_on_first_line(line: CueLine) -> CueLine:
    text = line.text.strip()
    if len(text) > _MAX_LABEL_LINE or text.endswith(",") or ends_sentence(text):
        return line
    start = parse_paragraph_start(text)
    if not start.label or start.shape is not LabelShape.LINE:
        return line
    return line._replace(label=start.label, shape=LabelShape.LINE, rest=len(line.text))


def line_at_sign(text: str, opening: Opening) -> list[CueLine]:
    """A cue that begins with a name and the sign of the document; empty for others."""
    text = text.strip("\n")
    start = start_at_sign(text, opening)
    if start is None:
        return []
    first, *others = text.split("\n")
    rest = min(start.rest, len(first))
    return [
        CueLine(first, start.label, start.shape, rest, 0, changes=False),
        *(CueLine(line, None, LabelShape.BARE, 0, 0, changes=False) for line in others),
    ]


def without_unmarked(cues: list[list[CueLine]]) -> list[list[CueLine]]:
    """Leave out candidates without ">>" where nearly all have it, as broadcast captions do."""
    labelled = [line.changes for lines in cues for line in lines if line.label]
    if sum(labelled) < max(_LEAST_MARKED, _NEARLY_ALL * len(labelled)):
        return cues
    return [
        [line if line.changes else line._replace(label=None, rest=0) for line in lines]
        for lines in cues
    ]


def occurrences_in(cues: list[list[CueLine]]) -> list[Occurrence]:
    """The candidates of all cues; the unit is the cue."""
    return [
        Occurrence(
            unit,
            line.label,
            line.shape,
            alone=line.rest >= len(line.text),
            empty=len(lines) == 1 and line.rest >= len(line.text),
            goes_on=line.text[line.rest : line.rest + 1].islower(),
        )
        for unit, lines in enumerate(cues)
        for line in lines
        if line.label
    ]


def turns_in(
    lines: list[CueLine], decision: LabelDecision, current: str, *, after_sentence: bool
) -> Iterator[tuple[str, str]]:
    """Yield label and text of each turn in a cue; the first may continue the turn before it.

    A refused label ends a turn only where a sentence ended before it: cues break sentences.
    """
    parts: list[str] = []
    for index, line in enumerate(lines):
        accepted = decision.is_label(line.label, line.shape)
        refused = index == 0 and after_sentence and decision.is_refused(line.label, line.shape)
        if accepted or refused or line.changes:
            if parts:
                yield current, "\n".join(parts)
            current, parts = (line.label or "" if accepted else ""), []
        parts.append(line.text[line.rest if accepted else line.begin :])
    yield current, "\n".join(parts)


def ends_sentence(text: str) -> bool:
    """Whether a text ends where a sentence does, in any script."""
    last = text[-1:]
    if last.isascii():
        return last in _SENTENCE_ENDS
    return category(last) in ("Po", "Pe", "Pf") and last not in _WITHIN_SENTENCE
