"""The API's change feed, and exports of everything, a JSON object on each line."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from models.queries.changes import (
    KINDS,
    ChangeCursor,
    changes_since,
    epoch,
    newest_change,
    visible_subjects,
)
from models.queries.export import EXPORTS, Row
from web.api import shapes
from web.api.change_shapes import Changes
from web.api.cursors import cursor, read_cursor
from web.api.problems import ApiError, responses
from web.api.row_limits import row_limit
from web.read_transaction import snapshot

router = APIRouter()
_AT_ONCE = 2000
_JSON_LINES = "application/x-ndjson"


class Kind(StrEnum):
    """What changes."""

    episode = "episode"
    person = "person"
    podcast = "podcast"


class Export(StrEnum):
    """What is exported."""

    appearances = "appearances"
    episodes = "episodes"
    people = "people"
    podcasts = "podcasts"


_SHAPES: dict[Export, tuple[type[BaseModel], Any]] = {
    Export.appearances: (shapes.ApiAppearance, shapes.appearance),
    Export.episodes: (shapes.ApiEpisode, shapes.episode),
    Export.people: (shapes.ApiPerson, shapes.exported_person),
    Export.podcasts: (shapes.ApiPodcast, shapes.podcast),
}


@router.get("/changes", response_model=Changes, responses=responses(410), tags=["changes"])
def changes(
    limit: Annotated[int, Depends(row_limit(100))],
    since: Annotated[
        str | None,
        Query(
            max_length=500,
            examples=[None],
            description="The `next` of a response; `now` for changes from now on; "
            "leave it out to start from the beginning.",
        ),
    ] = None,
    kind: Annotated[list[Kind] | None, Query()] = None,
) -> dict[str, Any]:
    """What was added, changed or removed.

    Nothing is missed: a change is shown once no older transaction can still commit, so a few
    seconds may pass. 410 after a restore from a backup: start again without `since`.
    """
    kinds = tuple(one.value for one in kind or Kind)
    with snapshot(current=True) as session:  # a replica does not show what may still commit
        history = epoch(session)
        if since == "now":
            last, found = newest_change(session), list[ChangeCursor]()
        else:
            last = _change_cursor(since, history)
            found = changes_since(session, last, kinds=kinds, limit=limit + 1)
        there = visible_subjects(session, found)
    shown = found[:limit]
    last = shown[-1] if shown else last
    return {
        "items": [_change(one, there) for one in shown],
        "next": cursor("changes", history, last.version, last.kind, last.subject),
        "more": len(found) > limit,
    }


def _change_cursor(since: str | None, history: int) -> ChangeCursor:
    values = read_cursor("changes", since, int, int, str, int)
    if values is None:
        return ChangeCursor()
    number, version, kind, subject = values
    if number != history:
        raise ApiError(410, "since: the database was restored; start again without it")
    if kind not in {"", *KINDS}:
        raise ApiError(422, "cursor: this is not a cursor of this list")
    return ChangeCursor(version, kind, subject)


def _change(change: ChangeCursor, there: dict[tuple[str, int], str]) -> Row:
    slug = there.get((change.kind, change.subject))
    places = {
        "episode": f"episodes/{change.subject}",
        "podcast": f"podcasts/{change.subject}",
        "person": f"people/{slug}",
    }
    path = None if slug is None else f"/api/v1/{places[change.kind]}"
    return {
        "kind": change.kind,
        "id": change.subject,
        "version": change.version,
        "removed": slug is None,
        "path": path,
    }


@router.get(
    "/export/{what}",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A JSON object on each line, streamed.",
            "content": {_JSON_LINES: {"schema": {"type": "string"}}},
        }
    },
    tags=["changes"],
)
def export(what: Export) -> StreamingResponse:
    """Export everything of one kind, in the order of ids.

    To stay up to date afterwards, request `/changes?since=now` before the export.
    """
    headers = {"content-disposition": f'attachment; filename="{what.value}.jsonl"'}
    return StreamingResponse(_lines(what), media_type=_JSON_LINES, headers=headers)


def _lines(what: Export) -> Iterator[bytes]:
    """Each page is a transaction of its own: an export of hours holds nothing back."""
    model, shape = _SHAPES[what]
    after = 0
    while True:
        with snapshot(current=True) as session:  # `since=now` of before belongs to that server
            rows = EXPORTS[what.value](session, after, _AT_ONCE)
        if not rows:
            return
        after = rows[-1]["id"]
        items = (model.model_validate(shape(row)).model_dump(mode="json") for row in rows)
        yield b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in items)
