"""Podcasts by title: the one that is meant, or those whose title is nearly what was typed."""

from sqlmodel import Session

from models.queries.search import PodcastByName, podcasts_by_name

SIMILAR = 5
_MIN_LETTERS = 4


def podcasts_titled(session: Session, typed: str) -> list[PodcastByName]:
    """Podcasts with a title as typed; without any, those with a title or word that begins so."""
    found = podcasts_by_name(session, typed, limit=50)
    exact = [one for one in found if one.title.casefold() == typed.casefold()]
    return exact or found[:SIMILAR] or _by_words(session, typed)


def is_exact(found: list[PodcastByName], typed: str) -> bool:
    """Whether exactly one podcast has the title that was typed."""
    return len(found) == 1 and found[0].title.casefold() == typed.casefold()


def _by_words(session: Session, typed: str) -> list[PodcastByName]:
    """Podcasts that have one of the longer words in their title, those of the longest first."""
    words = sorted((word for word in typed.split() if len(word) >= _MIN_LETTERS), key=len)
    found = {
        one.id: one
        for word in reversed(words[:8])
        for one in podcasts_by_name(session, word, limit=SIMILAR)
    }
    return list(found.values())[:SIMILAR]
