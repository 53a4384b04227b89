"""Names in titles and descriptions, found by the phrases around them and by a recogniser."""

# ruff: noqa: RUF001 - phrases of many scripts

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.budgets.limits import Limit, read_within, text_within
from tasks.speakers.evidence.introductions import names_in
from tasks.speakers.evidence.ner import people_in
from tasks.speakers.names.single_label import match_label
from tasks.speakers.values import Name, SpeakerMatch

# Phrases right before, and right after, the name of a person who is in the episode.
_BEFORE = re.compile(
    r"(?:\b(?:with|w/|feat(?:uring)?\.?|ft\.?|guests?:?|meet|interview(?:s|ing)?(?: with| of)?|"
    r"joined by|talks? (?:to|with)|speaks? (?:to|with)|sits? down with|host(?:ed by|s?:)|invites?|"
    r"welcomes?|conversation with|mit|avec|con|gast:?|invit[eé]e?:?|invitad[oa]:?)\s+"
    r"(?:(?:our|my|special|returning) )*(?:guests? |friend )?)$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:,[^,.]{0,60},)?\s+(?:joins|talks|explains|shares|discusses|returns|tells|is back|"
    r"drops by|stops by|walks us|shows us)\b",
    re.IGNORECASE,
)
# Titles between a phrase and a name.
_TITLES = r"(?:[^\W\d_]{1,5}\. ?){0,2}$"
# Phrases right before the name of a guest, or of the host.
_GUEST = re.compile(
    r"(?:\bjoined by\s|\b(?:guests?|gast|gäst|gæst|gjest|invit[eé]e?|invitad[oa]|convidad[oa]"
    r"|ospite|gość|гостья?|ضيفة?(?: الحلقة)?)\s?[:：]\s"
    r"|\b(?:our|my) guests?,? )\s?(?:(?:our|my|special) guests?,? )?" + _TITLES,
    re.IGNORECASE,
)
# "With" says so in a title and at the beginning of a sentence; within one it may be about others.
_WITH = (
    r"\b(?:(?:an? )?(?:(?:interview|conversation) )?with|w/|feat(?:uring)?\.?|ft\.?|mit|avec|con"
    r"|com|med|z)\s" + _TITLES
)
_WITH_IN_TITLE = re.compile(_WITH, re.IGNORECASE)
_WITH_IN_TEXT = re.compile(r"(?:^|[.!?…]\s{1,4})" + _WITH, re.IGNORECASE)
_HOST = re.compile(
    r"(?:(?<!co-)(?<!guest )\bhost(?:ed by)?\s?:?|\b(?:moderation|moderator|moderatorin|presenter"
    r"|apresentação|apresentadora?|présentation|conduzione|ведущий|ведущая|تقديم)\s?:"
    r"|\b(?:moderated|presented) by|\bprowadzi:?|\b(?:présenté|animé)e? par|\bpresentad[oa] por"
    r"|(?:司会|主持人?)[:：])\s?" + _TITLES,
    re.IGNORECASE,
)
# Phrases right before the name of a person who works on the podcast, and may never be heard.
_CREDIT = re.compile(
    r"(?:\b(?:produc|edit|mix|master|engineer|record|compos|illustrat|transcrib|design)\w*"
    r"(?:,? (?:and|&) \w+)? by|\b(?:music|artwork|theme(?: song)?|photos?|logo)(?: is| are)? by"
    r"|\b(?:producers?|editors?|music|artwork|production|redaktion|produktion|schnitt|musik|technik"
    r"|redactie|productie|muziek|produção|edição|música|producción|edición|montaje|réalisation"
    r"|musique|produzione|montaggio|musica|realizacja|montaż|muzyka)\s*:)\s+$",
    re.IGNORECASE,
)
_SPEAKS = re.compile(r"\b(?:host|present|narrat)\w*[^.:]{0,40}$", re.IGNORECASE)
_IN_A_ROW = re.compile(r"(?:,|&|(?:, ?)?(?:and|und|et|y))")
_MAX_CUE, _MAX_ROLE = 90, 45  # characters before a name that are searched


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A full name in a title or description, and how often it occurs there.

    ``by_cue`` is true when a phrase around the name says that the person is in the episode,
    ``recognised`` when the recogniser tags the name as a person. With only one of them the person
    is talked about: a mention. ``is_credit``: the text has the name only behind "Produced by";
    ``role`` is "guest" or "host" where a phrase before the name says so.
    """

    name: Name
    source: str
    times: int
    by_cue: bool
    recognised: bool
    is_credit: bool = False
    role: str = ""

    @property
    def is_candidate(self) -> bool:
        """Whether both methods found the name."""
        return self.by_cue and self.recognised


def names_in_text(title: str, description: str) -> Iterator[NamedPerson]:
    """Yield each full name of the title, then of the description, in the order of their keys."""
    for source, text in (("title", title), ("description", description)):
        if text:
            yield from _names_in(source, text_within(text, Limit.LONG_DESCRIPTION))


def _names_in(source: str, text: str) -> Iterator[NamedPerson]:
    found: dict[str, tuple[Name, int, bool]] = {}
    heard: set[str] = set()  # keys of names that are more than a credit
    roles: dict[str, str] = {}
    end, has_cue, is_credit, role = 0, False, False, ""
    for spelt, begin in read_within(names_in(text), Limit.DESCRIPTION_NAMES):
        in_a_row, label = _is_in_a_row(text[end:begin]), match_label(spelt)
        is_credit = _is_credit(text, begin) or (is_credit and in_a_row)
        if not in_a_row:
            role = _role_of(label, source, text, begin) if label.name else ""
        end = begin + len(spelt)
        has_cue = (has_cue and in_a_row) or _has_cue(text, begin, end)
        if name := label.name:
            _, times, had_cue = found.get(name.key, (name, 0, False))
            found[name.key] = (name, times + 1, had_cue or has_cue)
            heard |= set() if is_credit else {name.key}
            roles[name.key] = roles.get(name.key) or role
    # The recogniser is slow, and without a cue its answer would not make a candidate.
    recognised = people_in(text) if any(cue for _, _, cue in found.values()) else frozenset()
    for key, (name, times, by_cue) in sorted(found.items()):
        is_recognised, is_credit = key in recognised, key not in heard
        yield NamedPerson(name, source, times, by_cue, is_recognised, is_credit, roles[key])


def _is_in_a_row(between: str) -> bool:
    return _IN_A_ROW.fullmatch(between.strip()) is not None


def _is_credit(text: str, begin: int) -> bool:
    """Whether a name is that of one who makes the podcast, and neither hosts nor presents."""
    if not text[max(0, begin - 9) : begin].rstrip().lower().endswith(("by", ":")):
        return False  # as nearly always, and a search takes longer
    credit = _CREDIT.search(text, max(0, begin - _MAX_CUE), begin)
    return credit is not None and not _SPEAKS.search(text, max(0, begin - _MAX_CUE), credit.start())


def _role_of(label: SpeakerMatch, source: str, text: str, begin: int) -> str:
    """The role that the words right before a name give the person."""
    if label.role in ("guest", "host"):  # "Host Jane Doe talks to"
        return label.role
    before = max(0, begin - _MAX_ROLE)
    preposition = _WITH_IN_TITLE if source == "title" else _WITH_IN_TEXT
    if _GUEST.search(text, before, begin) or preposition.search(text, before, begin):
        return "guest"
    return "host" if _HOST.search(text, before, begin) else ""


def _has_cue(text: str, begin: int, end: int) -> bool:
    """Whether a phrase right before or right after a name says that the person is there."""
    before = _BEFORE.search(text, max(0, begin - _MAX_CUE), begin)
    return bool(before or _AFTER.match(text, end))
