"""What is in the margins of a printed document and no part of it: numbers of lines and pages."""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

_NUMBER = re.compile(r"(\d{1,5})(?:[.)|:]?[ \t\u00a0]{2,}|[.)|][ \t]|\t)(?=\S)")
_NUMBERED = 0.6  # share of the paragraphs
_IN_ORDER = 0.9  # of the numbers: each is one more than the last, or begins a page
_LEAST = 6
# "Page 2", "2 of 9", "- 2 -": at the end of a line that is otherwise the same on each page.
_PAGE = re.compile(
    r"(?:\b(?:page|seite|pagina|página|strona|sida|side|стр|p|s|pg|pág)\.?\s{0,3}(?P<named>\d{1,4})"
    r"(?:\s{0,3}\w{0,3}\s{0,3}\d{1,4})?"
    r"|(?P<of>\d{1,4})\s{0,3}(?:/|of|von|de|sur|di|van|z|из)\s{0,3}\d{1,4}"
    r"|(?:^|\s)[-\u2013]\s?(?P<dashed>\d{1,4})\s?[-\u2013])\W{0,5}\Z",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_LEAST_PAGES, _MAX_PAGE_LINE = 3, 150


def without_line_numbers(paragraphs: Sequence[str]) -> Sequence[str]:
    """The paragraphs without numbers in their margin; the same where they are not numbered."""
    begin_so = sum(each[:1].isdigit() for each in paragraphs)
    if begin_so < max(_LEAST, _NUMBERED * len(paragraphs)):
        return paragraphs
    found = [_NUMBER.match(each) if type(each) is str else None for each in paragraphs]
    numbers = [int(each[1]) for each in found if each]
    in_order = sum(b in (a + 1, 1) for a, b in pairwise(numbers))
    is_margin = len(numbers) >= max(_LEAST, _NUMBERED * len(paragraphs))
    if not is_margin or in_order < _IN_ORDER * (len(numbers) - 1):
        return paragraphs
    return [
        text[each.end() :] if each else text for text, each in zip(paragraphs, found, strict=True)
    ]


def without_page_lines(paragraphs: Sequence[str]) -> Sequence[str]:
    """The paragraphs without those that are the same on each page, but for the page's number."""
    pages: dict[str, list[int]] = defaultdict(list)
    places: dict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(paragraphs):
        ends_in_number = len(text) <= _MAX_PAGE_LINE and any(map(str.isdigit, text[-6:]))
        if ends_in_number and (page := _PAGE.search(text)):
            line = _DIGITS.sub("#", text)
            pages[line].append(int(page["named"] or page["of"] or page["dashed"]))
            places[line].append(index)
    dropped = {
        index
        for line, numbers in pages.items()
        if len(numbers) >= _LEAST_PAGES and all(b == a + 1 for a, b in pairwise(numbers))
        for index in places[line]
    }
    return [text for index, text in enumerate(paragraphs) if index not in dropped]
