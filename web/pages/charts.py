"""Charts: people, podcasts and topics by appearances in a period, and who is trending."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from models import get_settings
from models.database import database_time
from models.queries.charts import (
    BASELINE_DAYS,
    COMPARISON_DAYS,
    TREND_DAYS,
    TREND_GROUND,
    ChartRow,
    TrendingPerson,
    chart,
    latest_counted_day,
    trending,
)
from web.cache.cache import Ranking, ranking
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)
PERIODS = {"7": "7 days", "30": "30 days", "365": "365 days", "all": "All time"}
_RULE = {"days": TREND_DAYS, "baseline": BASELINE_DAYS, "ground": TREND_GROUND}


@router.get("/charts")
def charts(
    request: Request,
    of: Annotated[str, Query(pattern="^(people|podcasts|topics|trending)$")] = "people",
    days: Annotated[str, Query(pattern="^(|7|30|365|all)$")] = "",
) -> HTMLResponse:
    """The page of one chart; without a period, the first of 30 and 365 days that has anything."""
    with snapshot() as session:
        today = database_time(session).date()
        period = days or _period(session, today)
        found: Ranking[list[TrendingPerson]] | Ranking[list[ChartRow]]
        if of == "trending":
            found = ranking(session, trending, today)
        else:
            found = ranking(session, chart, of, today, None if period == "all" else int(period))
    return page(
        request,
        "charts.html",
        here="Charts",
        has_store=bool(get_settings().store_charts),
        of=of,
        period=period,
        periods=PERIODS,
        ranked=found.answer,
        moment=found.moment,
        today=today,
        comparison_days=COMPARISON_DAYS,
        rule=_RULE,
        largest=_largest(found.answer),
    )


def _period(session: Session, today: date) -> str:
    latest = latest_counted_day(session, today)
    age = (today - latest).days if latest else None
    return next((str(days) for days in (30, 365) if age is not None and age < days), "all")


def _largest(ranked: Sequence[ChartRow | TrendingPerson]) -> int:
    return max((row.now for row in ranked), default=0)
