"""The API's people: lists, one person, their timeline, and every segment they spoke."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session

from models.queries.appearances import Place, Wanted, place_of
from models.queries.coverage import mentioned_in
from models.queries.export import labels_of
from models.queries.lists import browse_people
from models.queries.person import (
    bucket_for,
    names_of_person,
    person_of_slug,
    timeline_of_person,
)
from models.queries.sql import Row
from web.api import shapes
from web.api.cursors import cursor, read_cursor
from web.api.problems import ApiError, responses
from web.cache import cache as keeping
from web.cache.cache import cached
from web.presenters.appearance_search import find_appearances
from web.presenters.person import podcasts_with_roles
from web.read_transaction import snapshot

router = APIRouter(tags=["people"])


class PeopleOrder(StrEnum):
    """What comes first."""

    appearances = "appearances"
    new = "new"
    name = "name"


class By(StrEnum):
    """How long a bar of a timeline lasts; ``auto`` gives at most about 80 of them."""

    auto = "auto"
    day = "day"
    week = "week"
    month = "month"
    year = "year"


_KEYS: dict[PeopleOrder, type] = {
    PeopleOrder.appearances: int,
    PeopleOrder.new: date,
    PeopleOrder.name: str,
}
_KEY = {"appearances": "appearances", "new": "first_on", "name": "slug"}


def known(session: Session, slug: str) -> Row:
    """The person at this address, also when it is that of somebody merged into them.

    Raises:
        ApiError: 404.
    """
    for _ in range(2):
        row = person_of_slug(session, slug)
        if row is None:
            break
        if "redirect_url" not in row:
            return row
        slug = row["redirect_url"]
    raise ApiError(404, "there is no such person")


@router.get("/people", response_model=shapes.Page[shapes.Person])
def people(
    order: PeopleOrder = PeopleOrder.appearances,
    name: Annotated[
        str, Query(max_length=100, description="Only people with this in their name.")
    ] = "",
    limit: shapes.Limit = 50,
    cursor_: Annotated[shapes.Cursor, Query(alias="cursor")] = None,
) -> dict[str, Any]:
    """Everybody with an appearance.

    By `appearances`, figures may move between two pages; by `name` each is seen once.
    """
    kind = f"people.{order}"
    after = read_cursor(kind, cursor_, _KEYS[order], str)
    with snapshot() as session:
        rows = browse_people(
            session, order=order, words=name.replace("\x00", ""), limit=limit + 1,
            after=(str(after[0]), after[1]) if after else None,
        )  # fmt: skip
    return shapes.paged(
        rows, limit, lambda row: cursor(kind, row[_KEY[order]], row["slug"]), shapes.person
    )


@router.get("/people/{slug}", response_model=shapes.PersonInFull, responses=responses(404))
def person(slug: shapes.Slug) -> Row:
    """One person: figures, podcasts, and the names they go by with how each was resolved."""
    with snapshot() as session:
        row = known(session, slug)
        podcasts = podcasts_with_roles(session, row["id"])
        about = keeping.person(row["id"])
        names = cached(session, about, names_of_person, row["id"], limit=200)
        mentioned = mentioned_in(session, row["id"])
    by_podcast = [
        one | {"podcast_id": one["id"], "podcast": one["title"], "seconds": one["spoken_ms"] / 1000}
        for one in podcasts
    ]
    mentions = {"mentioned_in": mentioned["episodes"], "mentioned_silent": mentioned["silent"]}
    return shapes.person(row) | mentions | {"by_podcast": by_podcast, "names": names}


@router.get("/people/{slug}/timeline", response_model=shapes.Timeline, responses=responses(404))
def timeline(slug: shapes.Slug, by: By = By.auto) -> dict[str, Any]:
    """Appearances over time, by podcast; the sum is the person's total."""
    with snapshot() as session:
        row = known(session, slug)
        bucket = bucket_for(row["first_on"], row["last_on"]) if by is By.auto else by.value
        about = keeping.person(row["id"])
        bars = cached(session, about, timeline_of_person, row["id"], bucket)
    return {"by": bucket, "items": [bar | {"start": bar["bucket"]} for bar in bars]}


@router.get(
    "/people/{slug}/appearances",
    response_model=shapes.Page[shapes.Appearance],
    responses=responses(404),
)
def appearances(
    slug: shapes.Slug,
    podcast: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
    limit: shapes.Limit = 50,
    cursor_: Annotated[shapes.Cursor, Query(alias="cursor")] = None,
) -> dict[str, Any]:
    """Every segment that they spoke, newest first."""
    after = read_cursor("person.appearances", cursor_, str)
    with snapshot() as session:
        row = known(session, slug)
        said = find_appearances(
            session, row["id"], Wanted(podcast, year), after=_place(after), limit=limit + 1
        ).rows
        labels = labels_of(session, [one["id"] for one in said])
    who = {"person": row["name"], "person_slug": row["slug"]}
    return shapes.paged(
        said, limit, lambda one: cursor("person.appearances", str(place_of(one))),
        lambda one: shapes.appearance(one | who | {"label": labels[one["id"]]}),
    )  # fmt: skip


def _place(values: list[Any] | None) -> Place | None:
    try:
        return Place.read(values[0]) if values else None
    except ValueError:
        raise ApiError(422, "cursor: this is no cursor of this list") from None
