"""Podcasts to browse, and one podcast: who speaks there, its episodes, how its feed fares."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from models.queries import podcast_pages
from models.queries.appearances import AppearanceCursor
from models.queries.coverage import roles_of_people
from models.queries.lists import ListedPodcast, browse_podcasts
from models.queries.person import bucket_for, is_regular
from web.auth.permissions import is_operator
from web.cache import cache as keeping
from web.cache.cache import cached, ranking
from web.presenters.linked_data import podcast_data
from web.presenters.reason_texts import reason_text
from web.presenters.timeline import timeline
from web.read_transaction import key, place, snapshot
from web.rendering import base_url, page, with_query

router = APIRouter(include_in_schema=False)
PAGE = 48
EPISODES = 25
_KINDS: dict[str, Callable[[str], object]] = {
    "title": str,
    "appearances": int,
    "latest": date.fromisoformat,
}

Id = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/podcasts")
def podcasts(
    request: Request,
    sort: Annotated[str, Query(pattern="^(title|appearances|latest)$")] = "title",
    after: str | None = None,
) -> HTMLResponse:
    """A page of podcasts."""
    after_key = key(after, _KINDS[sort])
    if after_key and not after_key[1].isdecimal():
        raise HTTPException(400)
    with snapshot() as session:
        found, moment = ranking(
            session, browse_podcasts, order=sort, after=after_key, limit=PAGE + 1
        )
    return page(
        request,
        "podcasts.html",
        here="Podcasts",
        podcasts=found[:PAGE],
        sort=sort,
        moment=moment,
        more=_more(request, found, sort),
    )


def _more(request: Request, found: list[ListedPodcast], sort: str) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    value = {
        "title": last.title.lower(),
        "appearances": last.appearances,
        "latest": last.latest_on or date.min,
    }[sort]
    return with_query(request.url, after=f"{value}~{last.id}")


@router.get("/podcasts/{podcast_id}")
def podcast(request: Request, podcast_id: Id, after: str | None = None) -> Response:
    """The page of a podcast."""
    with snapshot(revealing=is_operator(request)) as session:
        about = podcast_pages.podcast(session, podcast_id)
        if about is None or about.state == "removed":
            raise HTTPException(404)
        if about.duplicate_of is not None:
            return RedirectResponse(f"/podcasts/{about.duplicate_of}", status_code=308)
        episodes = podcast_pages.episodes_of_podcast(
            session, podcast_id, after=place(after), limit=EPISODES + 1
        )
        about_it = keeping.podcast(podcast_id)
        figures = cached(session, about_it, podcast_pages.podcast_counts, podcast_id)
        people = podcast_pages.people_of_podcast(session, podcast_id)
        bucket = bucket_for(figures.first_on, figures.last_on)
        heard = tuple(person.id for person in people)
        shown: dict[str, Any] = {
            "fetched_url": podcast_pages.fetched_url(session, podcast_id),
            "figures": figures,
            "people": people,
            "topics": cached(session, about_it, podcast_pages.topics_of_podcast, podcast_id),
            "roles": cached(session, about_it, roles_of_people, podcast_id, heard, figures.counted),
            "newest": cached(session, about_it, podcast_pages.newest_people, podcast_id),
            "charted": cached(
                session, about_it, podcast_pages.timeline_of_podcast, podcast_id, bucket
            ),
            "rhythm": in_words(podcast_pages.publish_interval_days(session, podcast_id)),
        }
    charted = shown.pop("charted")
    roles, counted = shown["roles"], figures.counted
    return page(
        request,
        "podcast.html",
        regular_ids=[
            one.id
            for one in people
            if is_regular(one.episodes, counted) or roles.get(one.id) == "host"
        ],
        chart=timeline(charted, [about], bucket) if len(charted) > 1 else None,
        here="Podcasts",
        podcast=about,
        episodes=episodes[:EPISODES],
        later=bool(after),
        more=more_episodes(request, episodes),
        linked_data=podcast_data(base_url(request), about),
        failing=reason_text(about.last_error_reason) if about.last_error_reason else "",
        **shown,
    )


def more_episodes(request: Request, episodes: list[podcast_pages.EpisodeRow]) -> str | None:
    """The address of the next page of episodes, if there is more."""
    if len(episodes) <= EPISODES:
        return None
    last = episodes[EPISODES - 1]
    return with_query(request.url, after=AppearanceCursor(last.stats_date, last.id, 0))


def in_words(days: float | None) -> str:
    """How often episodes come, roughly, from the days between two."""
    if days is None:
        return ""
    names = {
        1.6: "almost daily",
        2.8: "every other day",
        5: "twice a week",
        10: "roughly weekly",
        20: "every two weeks",
        45: "roughly monthly",
        120: "every few months",
    }
    return next((name for limit, name in names.items() if days <= limit), "irregularly")
