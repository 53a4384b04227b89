"""The API's people: lists, one person, their timeline, and every segment they spoke."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session

from models.queries.appearances import AppearanceCursor, AppearanceFilter
from models.queries.export import labels_of
from models.queries.lists import browse_people
from models.queries.person import (
    ListedPerson,
    MergedPerson,
    PersonRow,
    bucket_for,
    mentioned_in,
    names_of_person,
    person_of_slug,
)
from models.queries.timed import timed_episodes
from models.queries.transcript_source import TranscriptSource
from models.year_span import year_span
from web.api import shapes
from web.api.cursors import cursor, read_cursor
from web.api.problems import ApiError, responses
from web.api.row_limits import Limit
from web.cache import cache as keeping
from web.cache.cache import cached
from web.presenters.appearance_search import find_appearances
from web.presenters.person import podcasts_with_roles, timeline_rows
from web.read_transaction import snapshot

router = APIRouter(tags=["people"])


class PeopleOrder(StrEnum):
    """What comes first."""

    appearances = "appearances"
    new = "new"
    name = "name"


class By(StrEnum):
    """How long a bar of a timeline lasts; ``auto`` gives at most about 72 of them."""

    auto = "auto"
    day = "day"
    week = "week"
    month = "month"
    year = "year"


Source = Annotated[
    TranscriptSource | None,
    Query(
        description="`publisher` leaves out what comes from transcripts that were made from audio.",
        examples=[None],
    ),
]
_KEYS: dict[PeopleOrder, type] = {
    PeopleOrder.appearances: int,
    PeopleOrder.new: date,
    PeopleOrder.name: str,
}


def known(session: Session, slug: str) -> PersonRow:
    """The person with this slug, also by the slug of one who was merged into them.

    Raises:
        ApiError: 404.
    """
    for _ in range(2):
        row = person_of_slug(session, slug)
        if row is None:
            break
        if not isinstance(row, MergedPerson):
            return row
        slug = row.slug
    raise ApiError(404, "there is no such person")


def _key(row: ListedPerson, order: PeopleOrder) -> Any:
    keys = {
        PeopleOrder.appearances: row.appearances,
        PeopleOrder.new: row.first_on,
        PeopleOrder.name: row.slug,
    }
    return keys[order]


@router.get("/people", response_model=shapes.Page[shapes.ApiPerson])
def people(
    limit: Limit,
    order: PeopleOrder = PeopleOrder.appearances,
    name: Annotated[
        str, Query(max_length=100, description="Only people with this in their name.")
    ] = "",
    cursor_: Annotated[shapes.Cursor, Query(alias="cursor")] = None,
) -> dict[str, Any]:
    """Every person with an appearance.

    Ordered by `appearances`, counts may change between pages; by `name`, each person comes once.
    """
    kind = f"people.{order}"
    after = read_cursor(kind, cursor_, _KEYS[order], str)
    with snapshot() as session:
        rows = browse_people(
            session,
            order=order,
            words=name.replace("\x00", ""),
            limit=limit + 1,
            after=(str(after[0]), after[1]) if after else None,
        )
        timed = timed_episodes(session, [row.id for row in rows])
    return shapes.paged(
        rows,
        limit,
        lambda row: cursor(kind, _key(row, order), row.slug),
        lambda row: shapes.person(row, timed),
    )


@router.get("/people/{slug}", response_model=shapes.PersonInFull, responses=responses(404))
def person(slug: shapes.Slug) -> dict[str, Any]:
    """One person: counts, podcasts, and labels with how each was attributed."""
    with snapshot() as session:
        row = known(session, slug)
        podcasts = podcasts_with_roles(session, row.id)
        about = keeping.person(row.id)
        names = cached(session, about, names_of_person, row.id, limit=200)
        mentioned = mentioned_in(session, row.id)
        timed = timed_episodes(session, [row.id])
    by_podcast = [
        shapes.fields(podcast)
        | {"podcast_id": podcast.id, "podcast": podcast.title, "seconds": podcast.spoken_ms / 1000}
        for podcast in podcasts
    ]
    mentions = {"mentioned_in": mentioned.episodes, "mentioned_silent": mentioned.silent}
    return (
        shapes.person(row, timed)
        | mentions
        | {"by_podcast": by_podcast, "names": [shapes.fields(name) for name in names]}
    )


@router.get("/people/{slug}/timeline", response_model=shapes.Timeline, responses=responses(404))
def timeline(slug: shapes.Slug, by: By = By.auto, source: Source = None) -> dict[str, Any]:
    """Appearances over time, by podcast; without `source` the sum is the person's total."""
    with snapshot() as session:
        row = known(session, slug)
        bucket = bucket_for(row.first_on, row.last_on) if by is By.auto else by.value
        bars = timeline_rows(session, row.id, bucket, source)
    return {"by": bucket, "items": [shapes.fields(bar) | {"start": bar.bucket} for bar in bars]}


@router.get(
    "/people/{slug}/appearances",
    response_model=shapes.Page[shapes.ApiAppearance],
    responses=responses(404),
)
def appearances(
    slug: shapes.Slug,
    limit: Limit,
    podcast: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
    source: Source = None,
    cursor_: Annotated[shapes.Cursor, Query(alias="cursor")] = None,
) -> dict[str, Any]:
    """Every appearance of a person, newest first."""
    after = read_cursor("person.appearances", cursor_, str)
    with snapshot() as session:
        row = known(session, slug)
        rows = find_appearances(
            session,
            row.id,
            AppearanceFilter(podcast, *year_span(year), source=source),
            after=_cursor(after),
            limit=limit + 1,
        ).rows
        labels = labels_of(session, [appearance.id for appearance in rows])
    who = {"person": row.name, "person_slug": row.slug}
    return shapes.paged(
        rows,
        limit,
        lambda row: cursor("person.appearances", str(row.cursor)),
        lambda row: shapes.appearance(shapes.fields(row) | who | {"label": labels[row.id]}),
    )


def _cursor(values: list[Any] | None) -> AppearanceCursor | None:
    try:
        return AppearanceCursor.read(values[0]) if values else None
    except ValueError:
        raise ApiError(422, "cursor: this is not a cursor of this list") from None
