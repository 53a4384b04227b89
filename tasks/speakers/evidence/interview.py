"""Phrases that only a host says, or only a guest: who of two speakers is which; pure."""

# ruff: noqa: RUF001 - typographic apostrophes are found in transcripts

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tasks.speakers.evidence.introductions import is_inside_quote, turns_of
from tasks.speakers.facts import Turn

_OPENING, _CLOSING = 12, 12  # turns at the beginning and at the end that are searched
_MAX_TURN = 1_500  # characters of a turn
_MIN_SHARE = 0.9  # of the turns that the two speakers have

_HOST = re.compile(
    r"\b(?:welcome(?: back)? to (?:the )?(?:show|podcast|program)"
    r"|(?:thanks|thank you)(?: so much| very much)? for (?:coming|joining|being|taking the time)"
    r"|my guests?\b|joining me|(?:glad|great|good|happy|excited|pleasure) to have you"
    r"|mein(?:e)? gast|willkommen (?:im|zum|bei)|mi invitad[oa]|bienvenid[oa] a"
    r"|mon invitée?|bienvenue dans|meu convidado|minha convidada)",
    re.IGNORECASE,
)
_GUEST = re.compile(
    r"\b(?:(?:thanks|thank you)(?: so much| very much| again)? for (?:having|inviting) me"
    r"|(?:glad|great|good|happy|excited|nice|pleasure|fun|honou?red) to be (?:here|on|back)"
    r"|danke für die einladung|schön,? (?:hier|da) zu sein|gracias por invitarme"
    r"|merci de m['’](?:inviter|avoir invitée?)|obrigad[oa] pelo convite)",
    re.IGNORECASE,
)


def guest_of_two(segments: Iterable[Turn]) -> str:
    """The label of the one who speaks as a guest to the other; '' where that is not clear.

    Only one of two speakers says what hosts say, and only the other one what guests say.
    """
    turns = turns_of(segments)
    counts = Counter(label for label, _ in turns if label)
    two = dict(counts.most_common(2))
    if len(two) != 2 or sum(two.values()) < _MIN_SHARE * counts.total():
        return ""
    ends = [*turns[:_OPENING], *turns[_OPENING:][-_CLOSING:]]
    hosts, guests = _who_says(_HOST, ends), _who_says(_GUEST, ends)
    is_clear = len(hosts) == len(guests) == 1 and hosts != guests and hosts | guests == two.keys()
    return next(iter(guests)) if is_clear else ""


def _who_says(phrase: re.Pattern[str], turns: Sequence[Turn]) -> set[str]:
    return {
        label
        for label, text in turns
        if (found := phrase.search(text[:_MAX_TURN])) and not is_inside_quote(text, found.start())
    }
