"""Topics to browse, and one topic: its episodes, people and timeline."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from models.queries.lists import ListedTopic, browse_topics, count_topics
from models.queries.podcast_pages import episodes_of_topic
from models.queries.topics import topic_details, topic_of_slug
from web.cache.cache import ranking
from web.pages.paged import ListPage, list_page
from web.pages.podcasts import EpisodePage, episode_cursor
from web.presenters.timeline import TimelineUnit, timeline
from web.read_transaction import key, place, snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)
PAGE = 90
_KINDS: dict[str, Callable[[str], object]] = {"episodes": int, "name": str}


@router.get("/topics")
def topics(
    request: Request,
    listed: Annotated[ListPage, Depends(list_page(PAGE))],
    sort: Annotated[str, Query(pattern="^(episodes|name)$")] = "episodes",
    q: Annotated[str, Query(max_length=100)] = "",
    after: str | None = None,
) -> HTMLResponse:
    """A page of topics."""
    with snapshot() as session:
        found, moment = ranking(
            session,
            browse_topics,
            order=sort,
            words=q.strip(),
            after=key(after, _KINDS[sort]),
            limit=listed.limit,
        )
        total = ranking(session, count_topics, words=q.strip()).answer
    return page(
        request,
        "topics.html",
        here="People & Topics",
        topics=listed.shown(found),
        listed=listed,
        total=total,
        sort=sort,
        q=q,
        more=listed.more(found, _key),
        moment=moment,
    )


def _key(last: ListedTopic) -> str:
    """The key after which the next page begins."""
    return f"{last.episodes}~{last.slug}"


@router.get("/topics/{slug}")
def topic(
    request: Request,
    slug: str,
    listed: EpisodePage,
    after: str | None = None,
    unit: TimelineUnit = TimelineUnit.appearances,
) -> HTMLResponse:
    """The page of a topic."""
    with snapshot() as session:
        about = topic_of_slug(session, slug)
        if about is None:
            raise HTTPException(404)
        details, moment = ranking(session, topic_details, about.id or 0)
        episodes = episodes_of_topic(session, about.id or 0, after=place(after), limit=listed.limit)
    return page(
        request,
        "topic.html",
        here="People & Topics",
        topic=about,
        moment=moment,
        figures=details.counts,
        podcasts=details.podcasts,
        people=details.people,
        chart=timeline(details.timeline, details.podcasts, details.bucket, unit),
        episodes=listed.shown(episodes),
        listed=listed,
        later=bool(after),
        more=listed.more(episodes, episode_cursor),
    )
