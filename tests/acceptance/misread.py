"""Where the shared world's count misreads a source, and what in the source shows it.

The count is a reading too. Each entry is evidence that anybody can look up: a pattern of the
source that the count does not take for what it is, and labels of its own that are not whole.
"""

import re

from tests.acceptance.gold import Place

# A label that ends in the hours of "Name 00:12:30:" or of "Name [1:02]:". Such a line is counted as
# a segment, too.
_TIME_IN_LABEL = re.compile(r"(?:[ –-]\d\d|–|\[\d)$")  # noqa: RUF001 - as in the source

_CLOCK = r"\d\d?:\d\d(?::\d\d)?(?:\.\d+)?"
_NAME = r"[A-Z][\w.’']*(?: [\w.’']+){0,3}"  # noqa: RUF001 - as in the source
_EVIDENCE = {
    "a time beside a name is taken for words or for a part of the label": (
        rf"^{_NAME} *[–-]? *(?:\[{_CLOCK}\]|{_CLOCK}):?(?=[ \n])"  # noqa: RUF001 - as in the source
    ),
    "two turns in one paragraph are counted as one": (
        r"\S *\n(?:\\\[[\d:.]+\\\] ?)?(?:\*\*|_|\*)[^*_\n]{2,60}(?::(?:\*\*|_|\*)|(?:\*\*|_|\*):)"
    ),
    "a line that holds only a time, or a break's times, is counted as a segment": (
        rf"^(?:\w+:? ?)?\\\[{_CLOCK}\\\](?: to \\\[{_CLOCK}\\\])?\s*$"
    ),
    "turns are paragraphs in HTML inside Markdown": r"^<p>[A-Z]{2}: ",
    "a name after the rest of a sentence is not seen": rf"^\. {_NAME}: ",
}
_PATTERNS = {reason: re.compile(found, re.MULTILINE) for reason, found in _EVIDENCE.items()}
# A label that the source has a few times only is not seen, and its words count for somebody else.
_BARE_LABEL = re.compile(r"^\[?([A-Z][\w’' ]{1,40}(?: ?\([\w ]+\))?)\]? ?:(?=[ \n])", re.MULTILINE)  # noqa: RUF001 - as in the source


def misread(place: Place, source: str, only_ours: set[str]) -> str | None:
    """Return what in the source shows that the count of a label is wrong, None when nothing does.

    ``only_ours`` are the labels of the episode that the count does not have at all.
    """
    if _TIME_IN_LABEL.search(place.label):
        return "a time beside a name is taken for words or for a part of the label"
    for reason, pattern in _PATTERNS.items():
        if pattern.search(source):
            return reason
    unseen = {label.strip() for label in _BARE_LABEL.findall(source)} & only_ours
    return f"a label is not seen: {min(unseen)}" if unseen else None
