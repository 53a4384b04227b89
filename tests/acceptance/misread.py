"""Labels that the shared world's gold misreads, with evidence from the source.

The gold is made by a parser, too. The evidence can be checked: a pattern in the source that the
gold misinterprets, or truncated labels in the gold.
"""

import re

from tests.acceptance.gold import Place

# A label that ends in the hours of "Name 00:12:30:" or "Name [1:02]:". The gold also counts such a
# line as a segment.
_TIME_IN_LABEL = re.compile(r"(?:[ –-]\d\d|–|\[\d)$")  # noqa: RUF001 - as in the source

_CLOCK = r"\d\d?:\d\d(?::\d\d)?(?:\.\d+)?"
_NAME = r"[A-Z][\w.’']*(?: [\w.’']+){0,3}"  # noqa: RUF001 - as in the source
_EVIDENCE = {
    "a time beside a name is read as words or as part of the label": (
        rf"^{_NAME} *[–-]? *(?:\[{_CLOCK}\]|{_CLOCK}):?(?=[ \n])"  # noqa: RUF001 - as in the source
    ),
    "two turns in one paragraph are counted as one": (
        r"\S *\n(?:\\\[[\d:.]+\\\] ?)?(?:\*\*|_|\*)[^*_\n]{2,60}(?::(?:\*\*|_|\*)|(?:\*\*|_|\*):)"
    ),
    "a line with only a time, or the times of a break, is counted as a segment": (
        rf"^(?:\w+:? ?)?\\\[{_CLOCK}\\\](?: to \\\[{_CLOCK}\\\])?\s*$"
    ),
    "turns are paragraphs in HTML inside Markdown": r"^<p>[A-Z]{2}: ",
    "a name after the rest of a sentence is not seen": rf"^\. {_NAME}: ",
}
_PATTERNS = {reason: re.compile(pattern, re.MULTILINE) for reason, pattern in _EVIDENCE.items()}
_AUDIENCE = re.compile(r"Audience(?: [Mm]ember)?|Questions?")
_UNLABELLED_ANSWER = re.compile(
    r"^\[?(?:Audience(?: [Mm]ember)?|Questions?)\]?:[^\n]*\n{1,2}(?![^\n:]{1,80}:)[^\n]",
    re.MULTILINE,
)
# The gold misses a label that occurs only a few times, and counts its words for another one.
_BARE_LABEL = re.compile(r"^\[?([A-Z][\w’' ]{1,40}(?: ?\([\w ]+\))?)\]? ?:(?=[ \n])", re.MULTILINE)  # noqa: RUF001 - as in the source


def lasts_over_a_lecture(place: Place, source: str) -> bool:
    """Whether the label is the audience's, and paragraphs without a label follow its question."""
    return bool(_AUDIENCE.fullmatch(place.label) and _UNLABELLED_ANSWER.search(source))


def misread(place: Place, source: str, only_ours: set[str]) -> str | None:
    """The evidence in the source that the gold's count of a label is wrong, if any.

    ``only_ours`` are labels of the episode that the gold does not have.
    """
    if lasts_over_a_lecture(place, source):
        return "a question's label lasts over the unlabelled answers of a lecturer"
    if _TIME_IN_LABEL.search(place.label):
        return "a time beside a name is read as words or as part of the label"
    for reason, pattern in _PATTERNS.items():
        if pattern.search(source):
            return reason
    missed = {label.strip() for label in _BARE_LABEL.findall(source)} & only_ours
    return f"a label is missed: {min(missed)}" if missed else None
