"""Full names that are spoken by, or of, a speaker, and the signs that they are theirs; pure.

One sign alone may be a quote, a joke, or about an absent person. Signs of two speakers support
each other: one says "I'm Jane Doe" or presents her, and another one says "Thanks, Jane" to the same
speaker. ``python -m benchmarks.identity.numbered`` measures them.
"""

# ruff: noqa: RUF001 - typographic apostrophes are found in transcripts

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from tasks.budgets.limits import Limit, read_within
from tasks.speakers.evidence.introductions import (
    NOT_NAMES,
    is_in_first_person,
    is_inside_quote,
    names_in,
    says_so,
    turns_of,
)
from tasks.speakers.facts import Turn
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.values import Name, SpokenName

_MAX_TURN = 2_000  # characters of a turn that are read
_CUE = 90  # characters before and after a name
_OPENING = 10  # turns
_MAX_BETWEEN = 60  # characters between a phrase of welcome and a name
_SENTENCE_END = re.compile(r"[.?!]")
_REPEATED_WITHIN = 60  # characters between "I'm Nell." and "Nell Farraday"
# "Jane Doe here", "Jane Doe speaking": at the beginning of a sentence.
_SPEAKING = re.compile(r",?\s+(?:here|speaking|with you)(?=\s*(?:[,.!?]|and\b|$))", re.IGNORECASE)
# The same before a name, in the first words of a speaker: "ici Jane Doe", "mówi Jane Doe".
_HERE = re.compile(
    r"(?:^|[.?!…,]\s+)(?:(?:tu |tutaj )?mówi|z tej strony|hier ist|hier spricht"
    r"|am mikrofon(?: ist)?|ici|au micro|les habla|aqui é(?: [oa])?|vi parla|il vostro)\s+$",
    re.IGNORECASE,
)
# What nobody says of others: "I'm" may begin a joke or a quotation.
_MY_NAME = re.compile(
    r"\b(?:my name(?: is|['’]s)|mein name ist|ich hei(?:ß|ss)e|me llamo|mi nombre es"
    r"|je m['’]appelle|mon nom est|meu nome é|me chamo|mi chiamo|mijn naam is|jag heter"
    r"|nazywam się|mam na imię),?\s+$",
    re.IGNORECASE,
)
_FIRST_WORDS = 80  # characters
_BEGINS = re.compile(r"(?:^|[.?!…]\s+)(?:(?:and|hi|hello|hey),?\s+)?$", re.IGNORECASE)
_PRESENTS = re.compile(
    r"\b(?:with (?:me|us)|join\w*|guests?|welcome|meet|introduc\w+|beside me|next to me|here is"
    r"|here['’]s|this is|that['’]?s?(?: is| was)?|it['’]s|(?:s?he|they)(?:['’]s| is| are)"
    r"|(?:her|his|their) name(?:['’]s| is)|talk\w*|speak\w*|called|over to|got|have"
    r"|mit mir|bei mir|neben mir|gast|das ist|avec|invité\w*|con|conmigo|invitad[oa]|él es|ella es"
    r"|é|comigo|convidad[oa]|ospite|mij)\b",
    re.IGNORECASE,
)
_TO_A_SHOW = re.compile(r"\bwelcome (?:back )?to\s+$", re.IGNORECASE)
_GREETED = re.compile(
    r",?\s+(?:hello|hi|hey|welcome|thanks|thank you|good (?:morning|evening|afternoon)|everybody"
    r"|everyone|bienvenid[oa]|gracias|bonjour|bonsoir|merci|hallo|danke|willkommen|obrigad[oa]|olá"
    r"|ciao|grazie|benvenut[oa])\b",
    re.IGNORECASE,
)
_VOCATIVE_BEFORE = re.compile(
    r"(?:^|[.?!…]\s+|,\s+|\b(?:hello|hi|hey|thanks|thank you|welcome|bye|good (?:morning|evening)"
    r"|gracias|hola|bonjour|bonsoir|merci|hallo|danke|obrigad[oa]|olá|ciao|grazie|bedankt)"
    r"(?: so much| very much)?,?\s+)$",
    re.IGNORECASE,
)
# A name that is a sentence of its own: "My guest carves pegs. Jane Doe."
_FRAGMENT = re.compile(r"[.?!…]\s+(?:(?:and|well|um|uh),?\s+)?$")
_ENDS = re.compile(r"\s*[.,!]")
_GREETING = re.compile(
    r"\b(?=[abdeghmotwABDEGHMOTW])"  # first letters: most words are left at once
    r"(?i:welcome(?: back)?|thanks|thank you|hello|hi|hey|gracias|hola|bonjour|bonsoir|merci"
    r"|hallo|danke|obrigad[oa]|olá|ciao|grazie|bedankt|(?:good )?(?:morning|afternoon|evening)"
    r"|guten (?:morgen|tag|abend)|buongiorno|buonasera|bom dia|boa tarde|boa noite|buenos días"
    r"|buenas tardes|buenas noches)(?: (?i:so much|very much))?"
    r"(?: (?i:for (?:having|inviting) me)(?: (?:on|here|back))?)?,? "
    r"(?P<before>[^\W\d_a-z][\w'’\-]+)(?=[,.!?])"
    r"|(?P<after>[^\W\d_a-z][\w'’\-]+), (?i:welcome|thank|thanks|hello|hi|hey|gracias|danke|merci"
    r"|bonjour|bienvenid[oa]|obrigad[oa]"
    r"|it(?: is|['’]s) (?:so )?(?:good|great|lovely|nice) to have)\b"
)
_SAYS_HELLO = re.compile(
    r"(?:(?:yeah|yes|oh|well|so|and),? )?(?:hey|hi|hello|thanks|thank you|good (?:morning|evening"
    r"|afternoon|to be)|glad to|great to be|happy to|pleasure|what['’]s up|hola|bonjour|bonsoir"
    r"|hallo|danke|moin|servus|merci|ciao|olá|oi|buongiorno|dzień dobry|cześć)\b",
    re.IGNORECASE,
)
# One name as the last sentence of a turn: "Great. And we have Jane Doe."
_LAST_NAME = re.compile(
    r"(?:^|[.?!…]\s+)(?:(?:[Aa]nd|[Ss]o|[Nn]ext|[Tt]hen|[Nn]ow|[Ff]irst|[Ff]inally),?\s+)?"
    r"(?:(?:(?:[Ww]e|[Yy]ou)(?: also)? have|[Mm]eet|[Ww]elcome),?\s+"
    r"|[Tt]he (?:wo)?man of the hour,\s+)?"
    r"(?P<given>[^\W\d_a-z][\w'’\-]+)(?: [^\W\d_][\w'’\-]+){0,2}[.?!…]+$"
)
_WORD = re.compile(r"[^\W\d_a-z][\w'’\-]+")
_VOCATIVE_AFTER = re.compile(r"\s*(?:[,.?!…—]|$)")


def read_spoken_names(segments: Iterable[Turn]) -> tuple[SpokenName, ...]:
    """The full names that are spoken by or of each speaker, and how often they answer to them."""
    turns = [(label, text[:_MAX_TURN]) for label, text in turns_of(segments)]
    names: dict[tuple[str, str], Name] = {}
    signs: dict[tuple[str, str], set[str]] = {}
    for label, name, sign in read_within(_signs(turns), Limit.NAME_SIGNS):
        names.setdefault((label, name.key), name)
        signs.setdefault((label, name.key), set()).add(sign)
    addressed, addresses = _addresses(turns, {name.key.split()[0] for name in names.values()})
    total = Counter[str]()
    for (given, _), times in addressed.items():
        total[given] += times
    found = []
    for (label, key), name in sorted(names.items()):
        given = key.split()[0]
        to_others = total[given] - addressed[given, label]
        found.append(
            SpokenName(
                label,
                name,
                frozenset(signs[label, key]),
                addressed[given, label],
                to_others,
                addresses[given, label],
            )
        )
    return tuple(found)


def _signs(turns: Sequence[Turn]) -> Iterator[tuple[str, Name, str]]:
    heard: Counter[str] = Counter()
    for number, (label, text) in enumerate(turns):
        heard[label] += 1
        following = _following(turns, number, heard)
        if number >= _OPENING and not (heard[label] == 1 or following):
            continue
        in_opening = heard[label] == 1 and number < _OPENING
        of_own = (
            "self",
            *["self_opening"] * in_opening,
            *["opens"] * (number in (0, len(turns) - 1)),
        )
        for name, kind in _names_with_kinds(text):
            if kind in ("self", "self_named"):
                yield from ((label, name, sign) for sign in {*of_own, kind})
            elif following and kind:
                yield following, name, kind
            if following and kind == "presented":
                yield label, name, "presents"


def _names_with_kinds(text: str) -> Iterator[tuple[Name, str]]:
    """The full names in a turn, each with the sign that the words around it are; '' for none.

    A script without capitals does not show where a name begins, so none is found there.
    """
    spoken = [one for one in names_in(text) if one[0] != one[0].lower()]
    for index, (spelt, begin) in enumerate(spoken):
        name = match_label(spelt).name
        end, earlier = begin + len(spelt), spoken[:index]
        before, after = text[max(0, begin - _CUE) : begin], text[end : end + _CUE]
        if name is None or is_inside_quote(text, begin) or _TO_A_SHOW.search(before):
            continue
        if _says_own(before, after, spelt, begin, earlier, text):
            yield name, "self_named" if _MY_NAME.search(before) else "self"
        elif not is_in_first_person(before):
            is_last = len(text) - end < _CUE
            is_presented = _is_presented(before, after, begin, earlier)
            yield name, "presented" if is_presented else "named_before" * is_last


def _following(turns: Sequence[Turn], number: int, heard: Mapping[str, int]) -> str:
    """The next speaker, if first heard there; of two, once before, as in a teaser; else ''."""
    following = turns[number + 1][0] if number + 1 < len(turns) else ""
    most = 1 if number < _OPENING and len(heard) == 2 else 0
    return following if heard[following] <= most and following != turns[number][0] else ""


def _is_presented(before: str, after: str, begin: int, earlier: Sequence[tuple[str, int]]) -> bool:
    """Whether a phrase of welcome is around a name, and no other name is nearer to it."""
    if _GREETED.match(after) or (_FRAGMENT.search(before) and _ENDS.match(after)):
        return True
    ends = [cue.end() for cue in _PRESENTS.finditer(before)]
    between = before[ends[-1] :] if ends else "."
    if len(between) > _MAX_BETWEEN or _SENTENCE_END.search(between):
        return False
    return not any(at >= begin - len(between) and " " in one for one, at in earlier)


def _says_own(
    before: str,
    after: str,
    spelt: str,
    begin: int,
    earlier: Sequence[tuple[str, int]],
    text: str,
) -> bool:
    """Whether a speaker says that a name is theirs: also "I'm Nell. Nell Farraday."."""
    if says_so(before, after) or (_SPEAKING.match(after) and _BEGINS.search(before)):
        return True
    if begin < _FIRST_WORDS and _HERE.search(before):
        return True
    given = spelt.split(maxsplit=1)[0]
    return any(
        one == given
        and 0 <= begin - at - len(one) <= _REPEATED_WITHIN
        and says_so(text[max(0, at - _CUE) : at], spelt)
        for one, at in earlier[-2:]
    )


def greeted_names(segments: Iterable[Turn]) -> frozenset[tuple[str, str]]:
    """Speakers and the first names by which another one greets or thanks them."""
    turns = [(label, text[:_MAX_TURN]) for label, text in turns_of(segments)]
    return _called_in(turns) | frozenset(
        (meant, given)
        for number, (_, text) in enumerate(turns)
        for match in _GREETING.finditer(text)
        if (given := fold(match["before"] or match["after"])) not in NOT_NAMES
        and not is_inside_quote(text, match.start())
        and (meant := _meant(turns, number, match.start(), match.end()))
    )


def _called_in(turns: Sequence[Turn]) -> frozenset[tuple[str, str]]:
    """Speakers who are called in, and say hello with their first words: "Great. Jane?", "Hey"."""
    heard: set[str] = set()
    called: set[tuple[str, str]] = set()
    for (label, text), (following, reply) in pairwise(turns):
        heard.add(label)
        if following in heard or not _SAYS_HELLO.match(reply):
            continue
        if (match := _LAST_NAME.search(text, max(0, len(text) - _CUE))) and not is_inside_quote(
            text, match.start()
        ):
            called.add((following, fold(match["given"])))
    return frozenset(one for one in called if one[1] not in NOT_NAMES)


def _addresses(
    turns: Sequence[Turn], given: set[str]
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """How often each speaker is addressed by each first name, and how often they say it so."""
    addressed: Counter[tuple[str, str]] = Counter()
    addresses: Counter[tuple[str, str]] = Counter()
    for number, (label, text) in enumerate(turns if given else ()):
        for key, begin, end in _addressed_in(text, given):
            addresses[key, label] += 1
            if meant := _meant(turns, number, begin, end):
                addressed[key, meant] += 1
    return addressed, addresses


def _addressed_in(text: str, given: set[str]) -> Iterator[tuple[str, int, int]]:
    for match in _WORD.finditer(text):
        key = _folded(match[0])
        if key in given:
            before = text[max(0, match.start() - _CUE) : match.start()]
            if _VOCATIVE_BEFORE.search(before) and _VOCATIVE_AFTER.match(text, match.end()):
                yield key, match.start(), match.end()


@lru_cache(maxsize=16384)
def _folded(word: str) -> str:
    return fold(word)


def _meant(turns: Sequence[Turn], number: int, begin: int, end: int) -> str:
    """Who is addressed: who answers a question at the end, or who spoke before a reply."""
    _, text = turns[number]
    if len(text) - end < _CUE and number + 1 < len(turns):
        return turns[number + 1][0]
    return turns[number - 1][0] if begin < _CUE and number else ""
