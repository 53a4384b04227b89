"""Podcasts to browse, and one podcast: who speaks there, its episodes, how its feed fares."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from models.queries import podcast_pages
from models.queries.appearances import AppearanceCursor
from models.queries.lists import ListedPodcast, browse_podcasts, count_podcasts
from models.queries.person import bucket_for, is_regular
from models.queries.roles import roles_of_people
from web.auth.permissions import is_operator
from web.cache import cache as keeping
from web.cache.cache import cached, ranking
from web.languages.texts import N_
from web.pages.paged import ListPage, list_page
from web.presenters.linked_data import podcast_data
from web.presenters.reason_texts import reason_text
from web.presenters.timeline import TimelineUnit, timeline
from web.read_transaction import key, place, snapshot
from web.rendering import base_url, page, with_query

router = APIRouter(include_in_schema=False)
PAGE = 48
EPISODES = 25
SPEAKERS, MOST_SPEAKERS = 12, 500
_KINDS: dict[str, Callable[[str], object]] = {
    "title": str,
    "appearances": int,
    "latest": date.fromisoformat,
}

Id = Annotated[int, Path(ge=1, lt=2**63)]
EpisodePage = Annotated[ListPage, Depends(list_page(EPISODES))]


@router.get("/podcasts")
def podcasts(
    request: Request,
    listed: Annotated[ListPage, Depends(list_page(PAGE))],
    sort: Annotated[str, Query(pattern="^(title|appearances|latest)$")] = "title",
    after: str | None = None,
) -> HTMLResponse:
    """A page of podcasts."""
    after_key = key(after, _KINDS[sort])
    if after_key and not after_key[1].isdecimal():
        raise HTTPException(400)
    with snapshot() as session:
        found, moment = ranking(
            session, browse_podcasts, order=sort, after=after_key, limit=listed.limit
        )
        total = ranking(session, count_podcasts).answer
    return page(
        request,
        "podcasts.html",
        here="Podcasts",
        podcasts=listed.shown(found),
        listed=listed,
        total=total,
        sort=sort,
        moment=moment,
        more=listed.more(found, lambda last: _key(last, sort)),
    )


def _key(last: ListedPodcast, sort: str) -> str:
    """The key after which the next page begins."""
    value = {
        "title": last.title.lower(),
        "appearances": last.appearances,
        "latest": last.latest_on or date.min,
    }[sort]
    return f"{value}~{last.id}"


@router.get("/podcasts/{podcast_id}")
def podcast(
    request: Request,
    podcast_id: Id,
    listed: EpisodePage,
    after: str | None = None,
    unit: TimelineUnit = TimelineUnit.appearances,
    speakers: Annotated[str, Query(pattern="^(all)?$")] = "",
) -> Response:
    """The page of a podcast."""
    with snapshot(revealing=is_operator(request)) as session:
        about = podcast_pages.podcast(session, podcast_id)
        if about is None or about.state == "removed":
            if about is not None and is_operator(request):
                return RedirectResponse(f"/operate/podcasts/{podcast_id}", status_code=303)
            raise HTTPException(404)
        if about.duplicate_of is not None:
            return RedirectResponse(f"/podcasts/{about.duplicate_of}", status_code=308)
        episodes = podcast_pages.episodes_of_podcast(
            session, podcast_id, after=place(after), limit=listed.limit
        )
        about_it = keeping.podcast(podcast_id)
        figures = cached(session, about_it, podcast_pages.podcast_counts, podcast_id)
        most = MOST_SPEAKERS if speakers else SPEAKERS
        people = podcast_pages.people_of_podcast(session, podcast_id, most + 1)
        has_more_people, people = len(people) > most, people[:most]
        bucket = bucket_for(figures.first_on, figures.last_on)
        heard = tuple(person.id for person in people[:SPEAKERS])
        shown: dict[str, Any] = {
            "fetched_url": podcast_pages.fetched_url(session, podcast_id),
            "figures": figures,
            "people": people,
            "all_people": with_query(request.url, speakers="all", after=None)
            if has_more_people and not speakers
            else None,
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
        chart=timeline(charted, [about], bucket, unit) if len(charted) > 1 else None,
        here="Podcasts",
        podcast=about,
        episodes=listed.shown(episodes),
        listed=listed,
        later=bool(after),
        more=listed.more(episodes, episode_cursor),
        linked_data=podcast_data(base_url(request), about),
        failing=reason_text(about.last_error_reason or "unknown") if about.is_failing else "",
        **shown,
    )


def episode_cursor(last: podcast_pages.EpisodeRow) -> AppearanceCursor:
    """The cursor after which the next page of episodes begins."""
    return AppearanceCursor(last.stats_date, last.id, 0)


def in_words(days: float | None) -> str:
    """How often episodes come, roughly, from the days between two."""
    if days is None:
        return ""
    names = {
        1.6: N_("almost daily"),
        2.8: N_("every other day"),
        5: N_("twice a week"),
        10: N_("roughly weekly"),
        20: N_("every two weeks"),
        45: N_("roughly monthly"),
        120: N_("every few months"),
    }
    return next((name for limit, name in names.items() if days <= limit), N_("irregularly"))
