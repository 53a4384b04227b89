"""The pages that search engines may show, in ranges of ids."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from models.database.sql import Compiled, fetch_value, fetch_values
from models.queries.shown import private_podcasts
from models.queries.visibility import is_listed, is_visible
from models.tables.episode import Episode
from models.tables.person import Person, PersonState
from models.tables.podcast import Podcast

# A site map may have 50,000 URLs (sitemaps.org).
IDS_OF_FILE = 20_000


class SitemapKind(StrEnum):
    """What the pages of a site map are about."""

    people = "people"
    podcasts = "podcasts"
    episodes = "episodes"


_ID = {
    SitemapKind.people: col(Person.id),
    SitemapKind.podcasts: col(Podcast.id),
    SitemapKind.episodes: col(Episode.id),
}


def _of_range(kind: SitemapKind, value: Mapped[Any]) -> Select[Any]:
    first, last = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)
    return select(value).where(_ID[kind].between(first, last)).order_by(_ID[kind])


_IS_PUBLIC = col(Podcast.id) != func.all(bindparam("private"))
_PATHS = {
    SitemapKind.people: Compiled(
        _of_range(SitemapKind.people, col(Person.slug)).where(
            col(Person.state) == PersonState.active, col(Person.appearances) > 0
        )
    ),
    SitemapKind.podcasts: Compiled(
        _of_range(SitemapKind.podcasts, _ID[SitemapKind.podcasts]).where(is_listed(), _IS_PUBLIC)
    ),
    SitemapKind.episodes: Compiled(
        _of_range(SitemapKind.episodes, _ID[SitemapKind.episodes])
        .join(Podcast, col(Podcast.id) == Episode.podcast_id)
        .where(is_visible(), _IS_PUBLIC)
    ),
}


def last_ids(session: Session) -> dict[SitemapKind, int]:
    """The last id of each kind; 0 if there is none."""
    return {kind: fetch_value(session, select(func.max(id_)), {}) or 0 for kind, id_ in _ID.items()}


def paths_of(session: Session, kind: SitemapKind, number: int) -> list[str]:
    """The paths of the pages whose ids are in the range with a number, from 0."""
    params: dict[str, object] = {
        "first": number * IDS_OF_FILE + 1,
        "last": (number + 1) * IDS_OF_FILE,
    }
    if kind is not SitemapKind.people:
        params["private"] = list(private_podcasts(session))
    return [f"/{kind}/{value}" for value in fetch_values(session, _PATHS[kind], params)]
