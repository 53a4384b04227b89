"""Numbers of lines, in the margin of nearly all paragraphs of a document and no part of them."""

import re
from collections.abc import Sequence
from itertools import pairwise

_NUMBER = re.compile(r"(\d{1,5})(?:[.)|:]?[ \t\u00a0]{2,}|[.)|][ \t]|\t)(?=\S)")
_NUMBERED = 0.6  # share of the paragraphs
_IN_ORDER = 0.9  # of the numbers: each is one more than the last, or begins a page
_LEAST = 6


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
