"""The API's topics: what episodes are about, and who speaks about it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from models.queries.lists import browse_topics
from models.queries.topics import topic_details, topic_of_slug
from web.api import shapes
from web.api.cursors import cursor, read_cursor
from web.api.problems import ApiError, responses
from web.api.row_limits import Limit
from web.cache.cache import ranking
from web.read_transaction import snapshot

router = APIRouter(tags=["topics"])


@router.get("/topics", response_model=shapes.Topics)
def topics(
    limit: Limit,
    name: Annotated[
        str, Query(max_length=100, description="Only topics with this in their name.")
    ] = "",
    cursor_: Annotated[shapes.Cursor, Query(alias="cursor")] = None,
) -> dict[str, Any]:
    """Every topic of a visible episode, by slug."""
    after = read_cursor("topics", cursor_, str)
    with snapshot() as session:
        rows, moment = ranking(
            session,
            browse_topics,
            order="name",
            words=name.replace("\x00", ""),
            limit=limit + 1,
            after=("", str(after[0])) if after else None,
        )
    paged = shapes.paged(rows, limit, lambda row: cursor("topics", row.slug), shapes.fields)
    return paged | {"as_of": moment}


@router.get("/topics/{slug}", response_model=shapes.TopicInFull, responses=responses(404))
def topic(slug: shapes.Slug) -> dict[str, Any]:
    """One topic: counts, podcasts, and the people who speak most in its episodes."""
    with snapshot() as session:
        row = topic_of_slug(session, slug.replace("\x00", ""))
        if row is None:
            raise ApiError(404, "there is no such topic")
        details, moment = ranking(session, topic_details, row.id or 0)
    by_podcast = [
        shapes.fields(podcast) | {"podcast_id": podcast.id, "podcast": podcast.title}
        for podcast in details.podcasts
    ]
    by_person = [shapes.fields(person) for person in details.people]
    lists = {"by_podcast": by_podcast, "by_person": by_person}
    return (
        {"slug": row.slug, "name": row.name}
        | shapes.fields(details.counts)
        | lists
        | {"as_of": moment}
    )
