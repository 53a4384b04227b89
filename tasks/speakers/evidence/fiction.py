"""Whether a feed calls itself a drama: the people whom its texts name may be characters."""

import re

from tasks.budgets.limits import Limit, text_within
from tasks.speakers.facts import EpisodeFacts

_FICTION = re.compile(
    r"\b(?:audio (?:drama|fiction)|audiodrama|full[- ]cast|fiction(?:al)? podcast"
    r"|radio (?:drama|play)|hörspiel|ficción sonora|radioteatro|radionovela|fiction audio"
    r"|fiction sonore|słuchowisko|аудиодрама|радиоспектакль)",
    re.IGNORECASE,
)


def is_fiction(facts: EpisodeFacts) -> bool:
    """Whether the title or a description says so."""
    texts = (facts.podcast_title, facts.podcast_description, facts.description)
    return any(_FICTION.search(text_within(text, Limit.LONG_DESCRIPTION)) for text in texts)
