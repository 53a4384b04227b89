"""Names in titles and descriptions, found by the phrases around them and by a recogniser."""

# ruff: noqa: RUF001 - phrases of many scripts

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tasks.budgets.limits import Limit, read_within, text_within
from tasks.speakers.evidence.introductions import names_in
from tasks.speakers.evidence.ner import people_in
from tasks.speakers.evidence.role_phrases import role_before
from tasks.speakers.names.names import read_name
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
# Phrases right before the name of a person who works on the podcast, and may never be heard.
_CREDIT = re.compile(
    r"(?:\b(?:produc|edit|mix|master|engineer|record|compos|illustrat|transcrib|design)\w*"
    r"(?:,? (?:and|&) \w+)? by|\b(?:music|artwork|theme(?: song)?|photos?|logo)(?: is| are)? by"
    r"|\b(?:producers?|editors?|music|artwork|production|redaktion|produktion|schnitt|musik|technik"
    r"|redactie|productie|muziek|produção|edição|música|producción|edición|montaje|réalisation"
    r"|musique|produzione|montaggio|musica|realizacja|montaż|muzyka)\s*:)\s+$",
    re.IGNORECASE,
)
# A family name, a space and a given name, before a form of address or their reading in kana.
_JAPANESE = re.compile(
    r"(?P<name>[\u4e00-\u9fff\u3005]{1,3}[ \u3000][\u4e00-\u9fff\u3005\u3041-\u30ff]{1,4}?)"
    r"(?:さん|さま|様|氏|先生|[（(][\u3041-\u30ff \u3000]{2,20}[)）])"
)
# The same without a space: three characters would often be a profession (運転手さん).
_UNSPACED_JAPANESE = re.compile(
    r"(?<![\u4e00-\u9fff\u3005])(?P<name>[\u4e00-\u9fff\u3005]{4,5}"
    r"|(?<=[:：])[\u4e00-\u9fff\u3005]{1,3}[\u3041-\u309f]{2,3}[\u4e00-\u9fff]?)"
    r"(?<![員士者師手長生客役官])"
    r"(?:さん|さま|様|氏|先生)"
)
# The same in Korean: a guest's, or before a form of address; a word on -ja is what one is.
_KOREAN = re.compile(
    r"(?<![가-힣])(?P<name>(?<=게스트: )[가-힣]{3}(?![가-힣])"
    r"|[가-힣]{3}(?<!자)(?= (?:님|씨|선생님)))"
)
_SPEAKS = re.compile(r"\b(?:host|present|narrat)\w*[^.:]{0,40}$", re.IGNORECASE)
_IN_A_ROW = re.compile(r"(?:,|&|(?:, ?)?(?:and|und|et|y))")
# The next item of a list, behind what the one before is: ", mayor;", "(author)\n".
_NEXT_ITEM = re.compile(
    r"(?:\s?[,(–—-][^.!?;:\n]{0,100})?(?:\n|;)\s{0,3}(?:[-•*]\s{0,3})?(?:[^\W\d_]{1,5}\.? ?)?"
)
# Before a German noun, which has a capital too: "der Drechsler Jan Roe", "ihr Bruder Jan Roe".
_BEFORE_NOUN = re.compile(
    r"\b(?:der|die|den|dem|des|ein(?:e[nmrs]?)?|(?:ihr|sein|unser|mein)(?:e[nmrs]?)?|vom|zum|zur|beim)\s$",
    re.IGNORECASE,
)
# Right behind a name: it begins a sentence, and is no item of a list.
_SENTENCE = re.compile(r"\s(?:is|was|has|had|will|ist|war|hat|est|était|a été|es|está|é|è)\s")
# In small letters before a name, and no profession: there may be one behind them.
_NO_NOUNS = frozenset(
    """
    a an and as at but by for from in of on or the to with um und oder aber mit von bei der die das
    den dem des ein eine einen einem einer ihr sein unser et ou avec de du des le la les un une par
    pour y o con del el los las una por para e com do da dos das os as um uma di il lo gli i che per
    z ze oraz i a dla przez en met van het een og med av och su his her their our my your this that
    """.split()  # noqa: SIM905 - a word list
)
_MAX_CUE = 90  # characters before a name that are searched


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A full name in a title or description, and how often it occurs there.

    ``by_cue`` is true when a phrase around the name says that the person is in the episode,
    ``recognised`` when the recogniser tags the name as a person. With only one of them the person
    is talked about: a mention. ``is_credit``: the text has the name only behind "Produced by";
    ``role`` is "guest", "host", "narrator" or "speaker" where a phrase before the name says so.
    ``begins_clearly``: a noun in small letters or another name is right before the name, so its
    first word is no profession.
    """

    name: Name
    source: str
    times: int
    by_cue: bool
    recognised: bool
    is_credit: bool = False
    role: str = ""
    begins_clearly: bool = False

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
    clear: set[str] = set()  # keys of names that begin clearly
    end, has_cue, is_credit, role = 0, False, False, ""
    for spelt, begin in read_within(_spelt_names(text), Limit.DESCRIPTION_NAMES):
        label = _match_spelt(spelt, begin, text)
        in_a_row = _is_in_a_row(text[end:begin]) and not _SENTENCE.match(text, begin + len(spelt))
        is_credit = _is_credit(text, begin) or (is_credit and in_a_row)
        if not in_a_row:
            role = _role_of(label, source, text, begin) if label.name else ""
        end = begin + len(spelt)
        has_cue = (has_cue and in_a_row) or _has_cue(text, begin, end)
        if name := label.name:
            _, times, had_cue = found.get(name.key, (name, 0, False))
            found[name.key] = (name, times + 1, had_cue or has_cue)
            heard |= set() if is_credit else {name.key}
            clear |= {name.key} if in_a_row or _is_behind_noun(text, begin) else set()
            roles[name.key] = roles.get(name.key) or role
    # The recogniser is slow, and without a cue its answer would not make a candidate.
    recognised = people_in(text) if any(cue for _, _, cue in found.values()) else frozenset()
    for key, (name, times, by_cue) in sorted(found.items()):
        is_recognised, is_credit = key in recognised, key not in heard
        yield NamedPerson(
            name, source, times, by_cue, is_recognised, is_credit, roles[key], key in clear
        )


def _spelt_names(text: str) -> Iterator[tuple[str, int]]:
    """Runs of words that may be names, and their offsets, in the order of the text.

    Japanese has no capitals: where a name shows itself, the words around it are no others.
    """
    japanese = [] if text.isascii() else _japanese_names(text)
    for spelt, begin in names_in(text):
        while japanese and japanese[0].end() <= begin:
            yield _name_of(japanese.pop(0))
        if not japanese or begin + len(spelt) <= japanese[0].start():
            yield _without_noun(spelt, begin, text)
    yield from map(_name_of, japanese)


def _without_noun(spelt: str, begin: int, text: str) -> tuple[str, int]:
    """Without a German noun in front of a full name."""
    noun, _, name = spelt.partition(" ")
    if " " not in name or not _BEFORE_NOUN.search(text, max(0, begin - _MAX_CUE), begin):
        return spelt, begin
    return name, begin + len(noun) + 1


def _japanese_names(text: str) -> list[re.Match[str]]:
    patterns = (_JAPANESE, _UNSPACED_JAPANESE, _KOREAN)
    found = [match for pattern in patterns for match in pattern.finditer(text)]
    return sorted(found, key=lambda one: one.start())


def _match_spelt(spelt: str, begin: int, text: str) -> SpeakerMatch:
    """The match of a run of words; a form of address makes a name of four characters."""
    label = match_label(spelt)
    if label.name or spelt.isascii():
        return label
    if _UNSPACED_JAPANESE.match(text, begin) or _KOREAN.match(text, begin):
        return replace(label, name=read_name(spelt))
    return label


def _name_of(japanese: re.Match[str]) -> tuple[str, int]:
    return japanese["name"], japanese.start()


def _is_in_a_row(between: str) -> bool:
    return bool(_IN_A_ROW.fullmatch(between.strip()) or _NEXT_ITEM.fullmatch(between))


def _is_credit(text: str, begin: int) -> bool:
    """Whether a name is that of one who makes the podcast, and neither hosts nor presents."""
    if not text[max(0, begin - 9) : begin].rstrip().lower().endswith(("by", ":")):
        return False  # as nearly always, and a search takes longer
    credit = _CREDIT.search(text, max(0, begin - _MAX_CUE), begin)
    return credit is not None and not _SPEAKS.search(text, max(0, begin - _MAX_CUE), credit.start())


def _role_of(label: SpeakerMatch, source: str, text: str, begin: int) -> str:
    """The role that a name has in itself, or that the words right before it give the person."""
    if label.role in ("guest", "host"):  # "Host Jane Doe talks to"
        return label.role
    return role_before(text, begin, in_title=source == "title")


def _is_behind_noun(text: str, begin: int) -> bool:
    """Whether a word in small letters is right before a name, and no article or preposition."""
    before = text[max(0, begin - _MAX_CUE) : begin]
    word = before.rstrip(" ").rpartition(" ")[2]
    return before.endswith(" ") and word.isalpha() and word.islower() and word not in _NO_NOUNS


def _has_cue(text: str, begin: int, end: int) -> bool:
    """Whether a phrase right before or right after a name says that the person is there."""
    before = _BEFORE.search(text, max(0, begin - _MAX_CUE), begin)
    return bool(before or _AFTER.match(text, end))
