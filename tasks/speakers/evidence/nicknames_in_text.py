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
# "Jane Doe, whom all call Jay", and in German and Dutch with the verb at the end.
_AFTER_VERB = re.compile(
    rf"(?<!{_LETTER})(?P<given>{_WORD}) (?P<surname>{_WORD}(?: {_WORD})?), (?:[^\W\d_]+ ){{0,5}}"
    r"(?:calls?|known as|llaman|conocen como|chamam?(?: de)?|conhecid[oa] como|appell?ent?|appelle"
    rf"|surnomm(?:ent|e|ée?)|chiamano|detto|detta|zwan[ya]) (?P<nickname>{_WORD})"
)
_BEFORE_VERB = re.compile(
    rf"(?<!{_LETTER})(?P<given>{_WORD}) (?P<surname>{_WORD}(?: {_WORD})?), (?:den|die|der|dem) "
    rf"(?:[^\W\d_]+ ){{0,5}}(?P<nickname>{_WORD}) (?:nennen|nennt|noemen|noemt)\b"
)
# "Gijsbertus Roe, Bertus to his friends".
_TO_FRIENDS = re.compile(
    rf"(?<!{_LETTER})(?P<given>{_WORD}) (?P<surname>{_WORD}(?: {_WORD})?), (?P<nickname>{_WORD}) "
    r"(?:to (?:h(?:is|er)|their|all h(?:is|er)) friends|for short|to everyone|voor intimi"
    r"|voor vrienden|für (?:seine |ihre )?freunde|pour les (?:intimes|amis)|para l[oa]s amig[oa]s"
    r"|para os amigos|per gli amici|dla przyjaciół)\b"
)


def nicknames_in(text: str) -> Mapping[str, Name]:
    """The person of each nickname in comparable form; without one that two people have."""
    found: dict[str, Name | None] = {}
    for pattern in (_QUOTED, _CALLED, _AFTER_VERB, _BEFORE_VERB, _TO_FRIENDS):
        for match in read_within(pattern.finditer(text), Limit.DESCRIPTION_NAMES):
            if name := match_label(f"{match['given']} {match['surname']}").name:
                nickname = fold(match["nickname"])
                is_other = nickname in found and found[nickname] != name
                found[nickname] = None if is_other else name
    return {nickname: name for nickname, name in found.items() if name}
