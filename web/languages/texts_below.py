"""Texts of the packages below, which know no languages: their pages' part of the catalogues.

Pages translate them where they show them. Those that contain a value are English everywhere.
"""

import re
from collections.abc import Iterator

from models.methods import METHOD_TEXTS
from models.reasons import REASONS, next_step, reason_text, short_reason
from tasks.auth.values import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH

# Advice that names a setting or a command is for operators, whose pages are English.
_FOR_OPERATORS = re.compile(r"OVERHEARD_|overheard|dmesg|the log\b|--stage|this machine|worker")
_ACCOUNTS = (
    f"a password needs at least {MIN_PASSWORD_LENGTH} characters",
    f"a password may have at most {MAX_PASSWORD_LENGTH} characters",
    "the name or the password is wrong",
    "the current password is wrong",
    "operator",
    "reader",
)
_LINKS = (
    "Nothing was entered.",
    "Enter a link, a feed URL or a name.",
    "Paste the link of its channel or playlist.",
    "This is one episode on Spotify.",
    "Paste the link of the show.",
    "This is the audio of one episode.",
    "This entry of the list is not a feed URL.",
    "the file is compressed; unpack it first",
    "the file is not text",
    "no feed in it; an outline needs an xmlUrl",
)
_SEARCH = (
    "the search contains no words",
    "this quotation mark is not closed",
    "this closing bracket has no opening bracket",
    "something is missing after this",
    "this bracket is empty",
    "this bracket is not closed",
    "an asterisk may only come at the end of a word",
)
_SPEECH = (
    (
        "Speech to text, which makes transcripts from audio, is off here: the operator of this "
        "service can turn it on."
    ),
    (
        "Speech to text is on here, but not for this podcast: the operator of this service can "
        "turn it on."
    ),
)
_BLOG = (
    *("Episodes published", "Episodes with transcripts", "Segments heard"),
    *("Segments with a named speaker", "Podcasts added", "Decisions by people"),
    *("Attributions audited", "week", "month", "year"),
)


def texts_below() -> Iterator[str]:
    """Each text once; what has one text with a full stop and one without is two."""
    texts = [*METHOD_TEXTS.values(), *_ACCOUNTS, *_LINKS, *_SEARCH, *_SPEECH, *_BLOG]
    for code, reason in REASONS.items():
        texts.append(reason_text(code))
        texts += [] if _FOR_OPERATORS.search(next_step(code)) else [next_step(code)]
        texts += [short_reason(code)] if reason.short else []
    texts.append(next_step(None, tried_again=True))
    yield from dict.fromkeys(texts)
