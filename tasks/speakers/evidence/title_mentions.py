"""Names in titles and descriptions, found by the words around them and by a recogniser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.speakers.evidence.introductions import names_in
from tasks.speakers.evidence.ner import people_in
from tasks.speakers.names.single_label import decide
from tasks.speakers.values import Name

# What stands right before the name of somebody who is on an episode, and right behind it.
_BEFORE = re.compile(
    r"(?:\b(?:with|w/|feat(?:uring)?\.?|ft\.?|guests?:?|meet|interview(?:s|ing)?(?: with| of)?|"
    r"joined by|talks? (?:to|with)|speaks? (?:to|with)|sits? down with|host(?:ed by|s?:)|invites?|"
    r"welcomes?|conversation with|mit|avec|con|gast:?|invit[eé]e?:?|invitad[oa]:?)\s+"
    r"(?:(?:our|my|special|returning) )*(?:guests? |friend )?)$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"^(?:,[^,.]{0,60},)?\s+(?:joins|talks|explains|shares|discusses|returns|tells|is back|"
    r"drops by|stops by|walks us|shows us)\b",
    re.IGNORECASE,
)
_IN_A_ROW = re.compile(r"(?:,|&|(?:, ?)?(?:and|und|et|y))")
_LONGEST = 20_000  # characters of a description that are read


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A full name in a title or description: how often, and whether it can be a candidate.

    One found by a cue and by the recogniser alike can be on the episode; by one of them alone, they
    are talked about: a mention.
    """

    name: Name
    source: str
    times: int
    by_cue: bool
    recognised: bool

    @property
    def is_candidate(self) -> bool:
        """Whether both ways of finding names found it."""
        return self.by_cue and self.recognised


def names_in_text(title: str, description: str) -> Iterator[NamedPerson]:
    """Every full name in the two texts, once for each, in the order of their keys."""
    for source, words in (("title", title), ("description", description[:_LONGEST])):
        if words:
            yield from _named(source, words)


def _named(source: str, words: str) -> Iterator[NamedPerson]:
    found: dict[str, tuple[Name, int, bool]] = {}
    end, cued = 0, False
    for spelt, begin in names_in(words):
        in_a_row = cued and _IN_A_ROW.fullmatch(words[end:begin].strip()) is not None
        end = begin + len(spelt)
        cued = in_a_row or bool(_BEFORE.search(words[:begin]) or _BEHIND.search(words[end:]))
        if name := decide(spelt).name:
            _, times, before = found.get(name.key, (name, 0, False))
            found[name.key] = (name, times + 1, before or cued)
    recognised = people_in(words) if any(cued for _, _, cued in found.values()) else frozenset()
    for key, (name, times, by_cue) in sorted(found.items()):
        yield NamedPerson(name, source, times, by_cue, key in recognised)
