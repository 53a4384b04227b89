"""Podcasts that arguments name: by id, feed URL or title; suggestions if it is none or several."""

from collections.abc import Sequence

from models.database import Session
from models.queries.podcast_titles import TitledPodcast, podcast_titles, podcasts_titled
from tasks.http.redaction import public_url
from tasks.podcasts.store.find import find_podcast
from workers.cli.similar_names import most_similar

_KNOWN = 10_000
_SHOWN = 5


class UnclearName(ValueError):
    """No podcast, or several, have the name of an argument; the message suggests which."""


def named_podcast_id(session: Session, name: str) -> int:
    """The id of the podcast with this id, feed URL or title; a number is always an id.

    Raises:
        UnclearName: there is none, or several have the title.
    """
    if (podcast_id := known_podcast_id(session, name)) is not None:
        return podcast_id
    raise UnclearName(_none(name, _similar(session, name)))


def known_podcast_id(session: Session, name: str) -> int | None:
    """As named_podcast_id; None if there is no such podcast."""
    podcast = find_podcast(session, name)
    if podcast is not None:
        return podcast.id
    titled = [] if name.isdecimal() else podcasts_titled(session, name)
    if len(titled) > 1:
        raise UnclearName(_several(name, titled))
    return titled[0].id if titled else None


def _several(name: str, titled: Sequence[TitledPodcast]) -> str:
    which = ", ".join(f"{one.id} ({one.feed_url})" for one in titled[:_SHOWN])
    more = f" and {len(titled) - _SHOWN} more" if len(titled) > _SHOWN else ""
    return f"{len(titled)} podcasts are called {name}: {which}{more}; give the id of one"


def _none(name: str, similar: Sequence[TitledPodcast]) -> str:
    if not similar:
        return f"no such podcast: {public_url(name)}; give its title, feed URL or id"
    which = " or ".join(f"{one.title} ({one.id})" for one in similar)
    return f"no such podcast: {public_url(name)}; did you mean {which}?"


def _similar(session: Session, name: str) -> list[TitledPodcast]:
    """The podcasts whose titles are most like a name; none for a URL."""
    if "://" in name:
        return []
    known = podcast_titles(session, limit=_KNOWN)
    return [known[place] for place in most_similar(name, [one.title for one in known])]
