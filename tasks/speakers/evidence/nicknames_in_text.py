"""Nicknames that a title or description has beside a full name: Jane "Jay" Doe. Pure."""

# ruff: noqa: RUF001 - typographic quotation marks are found in texts

import re
from collections.abc import Mapping

from tasks.budgets.limits import Limit, read_within
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.unicode_fold import WORD_MARKS, fold
from tasks.speakers.values import Name

_LETTER = rf"[\w{WORD_MARKS}'’\-]"
_WORD = rf"[^\W\d_a-z]{_LETTER}{{1,40}}"
_QUOTED = re.compile(
    rf"(?<!{_LETTER})(?P<given>{_WORD}(?: {_WORD})?) (?:[\"“„«(](?P<nickname>{_WORD})[\"”“»)])"
    rf" (?P<surname>(?:[a-z]{{1,4}} ){{0,2}}{_WORD})"
)
_CALLED = re.compile(
    rf"(?<!{_LETTER})(?P<given>{_WORD}) (?P<surname>{_WORD}(?: {_WORD})?) \((?:[^()]{{0,40}} )?"
    r"(?:called|calls? (?:her|him|them)|known as|aka|a\.k\.a\.|alias|genannt|dite?|apodad[oa]"
    rf"|dett[oa]) [\"“„«]?(?P<nickname>{_WORD})"
)


def nicknames_in(text: str) -> Mapping[str, Name]:
    """The person of each nickname in comparable form; without one that two people have."""
    found: dict[str, Name | None] = {}
    for pattern in (_QUOTED, _CALLED):
        for match in read_within(pattern.finditer(text), Limit.DESCRIPTION_NAMES):
            if name := match_label(f"{match['given']} {match['surname']}").name:
                nickname = fold(match["nickname"])
                is_other = nickname in found and found[nickname] != name
                found[nickname] = None if is_other else name
    return {nickname: name for nickname, name in found.items() if name}
