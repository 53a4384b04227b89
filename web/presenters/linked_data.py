"""What pages say of their subject to search engines, in the words of schema.org (JSON-LD). Pure."""

from collections.abc import Iterable
from typing import Any

from models.queries.episode_pages import EpisodeDetails
from models.queries.person import PersonRow
from models.queries.podcast_pages import PodcastDetails
from web.presenters.filters import clean, short, web_address
from web.presenters.portrait import PersonPage

_CONTEXT = "https://schema.org"


def person_data(site: str, person: PersonRow, pages: Iterable[PersonPage]) -> dict[str, Any]:
    """A Person, with their pages elsewhere."""
    return _subject("Person", f"{site}/people/{person.slug}", person.name) | {
        "sameAs": [clean(page.url) for page in pages]
    }


def podcast_data(site: str, podcast: PodcastDetails) -> dict[str, Any]:
    """A PodcastSeries."""
    return _subject("PodcastSeries", f"{site}/podcasts/{podcast.id}", podcast.title) | {
        "description": clean(short(podcast.description, 300))
    }


def episode_data(site: str, episode: EpisodeDetails) -> dict[str, Any]:
    """A PodcastEpisode, with its audio unless its URL is hidden."""
    series = f"{site}/podcasts/{episode.podcast_id}"
    data = _subject("PodcastEpisode", f"{site}/episodes/{episode.id}", episode.title)
    data["datePublished"] = episode.stats_date.isoformat()
    data["partOfSeries"] = _subject("PodcastSeries", series, episode.podcast)
    if audio := web_address(episode.audio_url):
        data["associatedMedia"] = {"@type": "MediaObject", "contentUrl": clean(audio)}
    return data


def _subject(kind: str, url: str, name: str) -> dict[str, Any]:
    return {"@context": _CONTEXT, "@type": kind, "url": url, "name": clean(short(name))}
