"""Top lists of a podcast store beside our own charts: movement, and what of them is followed."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from models import get_settings
from tasks.charts.store import known_charts, latest_positions
from tasks.charts.top_list import MOST, chart_title
from web.pages.adding import MayAdd
from web.presenters.sparkline import sparkline
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/charts/store")
def store_charts(
    request: Request,
    may_add: MayAdd,
    chart: Annotated[str, Query(pattern=r"^[a-z]{2}(/\d{4,6})?$")] = "",
) -> HTMLResponse:
    """A top list; nothing where the setting names none."""
    if not get_settings().store_charts:
        raise HTTPException(404)
    with snapshot() as session:
        known = known_charts(session)
        chosen = chart or next(iter(known), "")
        rows = latest_positions(session, chosen) if chosen else []
    if chart and not rows:
        raise HTTPException(404)
    return page(
        request,
        "store_charts.html",
        here="Charts",
        charts=[(name, chart_title(name)) for name in known],
        chosen=chosen,
        country=chosen.partition("/")[0],
        rows=[(row, sparkline(_heights(row.ranks))) for row in rows],
        day=rows[0].day if rows else None,
        may_add=may_add,
    )


def _heights(ranks: Sequence[int | None]) -> list[float | None]:
    """The first rank at the top."""
    return [None if rank is None else 1 - (rank - 1) / (MOST - 1) for rank in ranks]
