"""A person's appearances as files: an Atom feed, CSV and JSON, streamed in pages."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from models.queries.appearances import AppearanceFilter, AppearanceRow, appearances_of_person
from models.queries.person import PersonRow
from web.pages.person import Wanted, by_episode, known
from web.presenters.appearance_search import find_appearances
from web.presenters.filters import clean, short
from web.read_transaction import snapshot
from web.rendering import base_url, render_template

router = APIRouter(include_in_schema=False)
_PAGE = 1000
_FEED_QUOTES = 100
_COLUMNS = (
    *("id", "person", "podcast", "podcast_id", "episode", "episode_id", "date"),
    *("start_seconds", "end_seconds", "text", "url", "source"),
)
# What a spreadsheet would take for a formula at the beginning of a cell: also in full width (CJK),
# and behind what it drops, which is spaces, line ends and zero-width characters.
_FORMULA = re.compile(
    r"[\s\x00-\x20\u200b-\u200d\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)


@router.get("/people/{slug}/appearances.csv")
def as_csv(request: Request, slug: str, wanted: Wanted) -> StreamingResponse:
    """One row for each appearance, newest first."""
    rows = _appearances(request, slug, wanted)
    named = {"content-disposition": f'attachment; filename="{_file_name(slug)}.csv"'}
    return StreamingResponse(_csv(rows), media_type="text/csv; charset=utf-8", headers=named)


@router.get("/people/{slug}/appearances.json")
def as_json(request: Request, slug: str, wanted: Wanted) -> StreamingResponse:
    """A list with an object for each appearance, newest first."""
    rows = _appearances(request, slug, wanted)
    return StreamingResponse(_json(rows), media_type="application/json")


@router.get("/people/{slug}/feed.atom")
def as_feed(request: Request, slug: str) -> Response:
    """The latest episodes in which they speak, with their words (RFC 4287)."""
    with snapshot() as session:
        who = known(session, slug)
        rows = appearances_of_person(session, who.id, AppearanceFilter(), limit=_FEED_QUOTES)
    groups = by_episode(rows)
    text = render_template(
        "person.atom",
        person=who,
        groups=groups,
        base=base_url(request),
        moment=_moment,
        updated=max(map(_moment, (group[0] for group in groups)), default="1970-01-01T00:00:00Z"),
    )
    return Response(text.encode("utf-8", "replace"), media_type="application/atom+xml")


def _file_name(slug: str) -> str:
    return "".join(c for c in slug if c.isascii() and (c.isalnum() or c == "-")) or "appearances"


def _moment(row: AppearanceRow) -> str:
    """When an episode came out: its publication, or the day that it counts for."""
    moment = row.published_at or datetime.combine(row.stats_date, time(), tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _appearances(request: Request, slug: str, wanted: AppearanceFilter) -> Iterator[dict[str, Any]]:
    """The rows for programs; a person that is not there is noticed before anything is sent."""
    with snapshot() as session:
        who = known(session, slug)
        page = find_appearances(session, who.id, wanted, limit=_PAGE).rows
    base = base_url(request)
    return (_fields(row, who, base) for row in _all(who.id, wanted, page))


def _all(
    person_id: int, wanted: AppearanceFilter, page: list[AppearanceRow]
) -> Iterator[AppearanceRow]:
    """Page after page, each in a transaction of its own, so that a slow reader holds none."""
    while page:
        yield from page
        after = page[-1].cursor
        if len(page) < _PAGE:
            return
        with snapshot() as session:
            page = find_appearances(session, person_id, wanted, after=after, limit=_PAGE).rows


def _fields(row: AppearanceRow, who: PersonRow, base: str) -> dict[str, Any]:
    values = (
        *(row.id, _title(who.name), _title(row.podcast), row.podcast_id),
        *(_title(row.episode), row.episode_id, row.stats_date.isoformat()),
        *(_seconds(row.start_ms), _seconds(row.end_ms), row.text),
        f"{base}/episodes/{row.episode_id}#s-{row.id}",
        row.source,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _title(text: str) -> str:
    """A title for every row: some go on for megabytes."""
    return short(clean(text), 500)


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _csv(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
        if buffer.tell() > 32_768:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(value: object) -> object:
    """A value for a spreadsheet, in which no text is a formula."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _json(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "["
    before = "\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n"
