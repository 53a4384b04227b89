"""Charts: people, podcasts and topics by appearances in a period, and who is trending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from models import get_settings
from models.chart_scope import ChartScope
from models.database import database_time
from models.queries.charts import (
    BASELINE_DAYS,
    COMPARISON_DAYS,
    FIRST_YEAR,
    TREND_DAYS,
    TREND_GROUND,
    ChartRow,
    TrendingPerson,
    TrendRow,
    chart_with_trends,
    chart_years,
    latest_counted_day,
    trending,
)
from models.queries.languages import languages_spoken
from models.queries.lists import browse_topics
from web.cache.cache import Ranking, ranking
from web.languages.texts import N_
from web.presenters.sparkline import of_numbers
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)
MOST_TOPICS = 60
PERIODS = {
    "7": N_("7 days"),
    "30": N_("30 days"),
    "365": N_("365 days"),
    "all": N_("All time"),
}
_RULE = {"days": TREND_DAYS, "baseline": BASELINE_DAYS, "ground": TREND_GROUND}


@dataclass(frozen=True, slots=True)
class RankLine:
    """A row of a chart, and the points of its line; "" without one."""

    row: ChartRow | TrendingPerson
    points: str


@router.get("/charts")
def charts(
    request: Request,
    of: Annotated[str, Query(pattern="^(people|podcasts|topics|mentioned|trending)$")] = "people",
    days: Annotated[str, Query(pattern="^(|7|30|365|all)$")] = "",
    year: Annotated[str, Query(max_length=20)] = "",
    language: Annotated[str, Query(pattern="^([a-z]{2,3})?$")] = "",
    topic: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """The page of one chart; without a period, the first of 30 and 365 days that has anything.

    A year wins over a period.
    """
    scope = ChartScope(language, topic if of != "topics" else "")
    with snapshot() as session:
        today = database_time(session).date()
        chosen_year = _year(year, today) if of != "trending" else None
        period = days or _period(session, today)
        found: Ranking[list[TrendingPerson]] | Ranking[list[TrendRow]]
        if of == "trending":
            found = ranking(session, trending, today)
        else:
            length = None if period == "all" else int(period)
            found = ranking(session, chart_with_trends, of, today, length, scope, year=chosen_year)
        languages = languages_spoken(session)
        topics = ranking(session, browse_topics, limit=MOST_TOPICS).answer
        years = ranking(session, chart_years, today).answer
    return page(
        request,
        "charts.html",
        here="Charts",
        has_store=bool(get_settings().store_charts),
        of=of,
        period=period,
        periods=PERIODS,
        year=chosen_year,
        years=years,
        unit=N_("Episodes") if of == "mentioned" else N_("Appearances"),
        scope=scope,
        languages=languages,
        topics=topics,
        ranked=_shown(found.answer),
        moment=found.moment,
        today=today,
        comparison_days=COMPARISON_DAYS,
        rule=_RULE,
        largest=max((_row(one).now for one in found.answer), default=0),
    )


def _year(text: str, today: date) -> int | None:
    """A year in an address; none for nonsense and for years to come."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if FIRST_YEAR <= number <= today.year else None


def _shown(ranked: Sequence[TrendRow | TrendingPerson]) -> list[RankLine]:
    return [
        RankLine(_row(one), of_numbers(one.trend) if isinstance(one, TrendRow) else "")
        for one in ranked
    ]


def _row(one: TrendRow | TrendingPerson) -> ChartRow | TrendingPerson:
    return one.row if isinstance(one, TrendRow) else one


def _period(session: Session, today: date) -> str:
    latest = latest_counted_day(session, today)
    age = (today - latest).days if latest else None
    return next((str(days) for days in (30, 365) if age is not None and age < days), "all")
