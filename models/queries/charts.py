"""Charts: most appearances in a period, the change since the one before, and trending guests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlmodel import Session, col

from models.chart_scope import ChartScope
from models.database.sql import fetch_value, fetch_values
from models.queries.languages import primary_language
from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE, is_visible, original_episode
from models.tables.episode import Episode
from models.tables.podcast import Podcast
from models.tables.speaker import Speaker

# Charts of a year begin with this one.
FIRST_YEAR = 1900
# The chart of all time is compared with that of so many days ago.
COMPARISON_DAYS = 30
TREND_DAYS = 30
BASELINE_DAYS = 360
# Of each period: the days that the lines of its chart show, and their parts.
_SLICES_OF_YEAR = 26
TREND_SLICES = {7: (7, 7), 30: (30, 15), 365: (365, _SLICES_OF_YEAR), None: (365, _SLICES_OF_YEAR)}
# Added to the baseline, so that a new guest is not infinitely above it.
TREND_GROUND = 10

# The rows that a chart sums: whose appearances, on which day, how many.
_PEOPLE = """
    WITH facts AS (
        SELECT person_id AS id, day, appearances FROM person_day
        WHERE day > :before AND day <= :today
    )
"""
_SHOWN = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.podcast_id, e.stats_date AS day
        FROM episode e JOIN podcast p ON p.id = e.podcast_id
        WHERE e.stats_date > :before AND e.stats_date <= :today AND {VISIBLE} {{scope}}
    )
"""  # noqa: S608  constants of ours
_PEOPLE_IN_SCOPE = """
    , facts AS MATERIALIZED (
        SELECT s.person_id AS id, e.day, s.appearances FROM shown e
        JOIN speaker s ON s.episode_id = e.id AND s.person_id IS NOT NULL
    )
"""
# All segments of visible episodes, attributed or not, for the charts of podcasts and topics.
_SPOKEN = """
    , heard AS MATERIALIZED (
        SELECT s.episode_id, sum(s.appearances)::bigint AS appearances FROM speaker s
        WHERE s.episode_id = ANY(ARRAY(SELECT id FROM shown)) GROUP BY 1
    ), said AS MATERIALIZED (
        SELECT e.*, n.appearances FROM shown e JOIN heard n ON n.episode_id = e.id
    )
"""
_PODCASTS = ", facts AS (SELECT podcast_id AS id, day, appearances FROM said)"
_TOPICS = """
    , facts AS (
        SELECT x.topic_id AS id, said.day, said.appearances
        FROM said JOIN episode_topic x ON x.episode_id = said.id
    )
"""
# A name in titles or descriptions, as a person's page counts it: in episodes, not in appearances.
_MENTIONED = """
    , facts AS MATERIALIZED (
        SELECT DISTINCT n.person_id AS id, e.id AS episode_id, e.day, 1 AS appearances FROM shown e
        JOIN mention m ON m.episode_id = e.id
        JOIN person_name n ON n.key = m.key AND n.scope = 'global'
    )
"""
_OF_LANGUAGE = f"AND {primary_language('p.language')} = :language"
_WITH_TOPIC = """
    AND EXISTS (SELECT FROM episode_topic x JOIN topic t ON t.id = x.topic_id
                WHERE x.episode_id = e.id AND t.slug = :topic)
"""
_YEARS = f"""
    SELECT DISTINCT extract(year FROM e.stats_date)::int AS year
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE {VISIBLE} AND e.stats_date BETWEEN :first AND :today
        AND EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id AND s.appearances > 0)
    ORDER BY year DESC
"""  # noqa: S608  constants of ours
# What a row shows of its person, podcast or topic ``o``.
_PERSON = "o.name, o.slug FROM sums f JOIN person o ON o.id = f.id AND o.state = 'active'"
# Titles that begin with the podcast's own name do not mention a person of that name who is
# never heard: such a name comes from the label of a clip.
_MENTIONED_PERSON = f"""{_PERSON} AND (o.appearances > 0 OR NOT EXISTS (
    SELECT FROM podcast own WHERE lower(own.title) = lower(o.name)))"""
_NAMES = {
    "people": _PERSON,
    "mentioned": _MENTIONED_PERSON,
    "podcasts": "o.title AS name, o.feed_url, o.id FROM sums f JOIN podcast o ON o.id = f.id",
    "topics": "o.name, o.slug FROM sums f JOIN topic o ON o.id = f.id",
}
# ``now`` and ``before`` are the appearances of the period and of the one before it.
_CHART = """
    {facts}, sums AS (
        SELECT id, coalesce(sum(appearances) FILTER (WHERE day > :begin), 0)::bigint AS now,
               coalesce(sum(appearances) FILTER (WHERE day <= :until), 0)::bigint AS before
        FROM facts GROUP BY id
    )
    SELECT * FROM (
        SELECT *, rank() OVER (ORDER BY now DESC) AS rank,
               CASE WHEN before > 0 THEN rank() OVER (ORDER BY before DESC) END AS rank_before
        FROM (SELECT f.now, f.before, {names}) c
    ) r WHERE now > 0 ORDER BY rank, {key} LIMIT :limit
"""
# Slices of the time after ``begin``, from 0 on.
_TRENDS = """
    {facts}
    SELECT {key} AS key, (f.day - CAST(:begin AS date) - 1) * :slices / :days AS slice,
           sum(f.appearances)::bigint AS number
    FROM facts f JOIN {table} o ON o.id = f.id
    WHERE {key} = ANY(:keys) AND f.day > :begin GROUP BY 1, 2
"""
_KEYS = {"people": "slug", "mentioned": "slug", "podcasts": "id", "topics": "slug"}
_TABLES = {"people": "person", "mentioned": "person", "podcasts": "podcast", "topics": "topic"}
# The published rule; docs/operations.md and the page explain it.
_TRENDING = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.podcast_id, e.stats_date AS day
        FROM episode e JOIN podcast p ON p.id = e.podcast_id
        WHERE e.stats_date > :before AND e.stats_date <= :today AND {VISIBLE}
    ), spoken AS MATERIALIZED (
        SELECT s.episode_id, s.person_id, s.appearances FROM speaker s
        WHERE s.episode_id = ANY(ARRAY(SELECT id FROM shown)) AND s.person_id IS NOT NULL
    ), heard AS MATERIALIZED (
        SELECT s.person_id, e.podcast_id, e.day, s.appearances
        FROM shown e JOIN spoken s ON s.episode_id = e.id
    ), recent AS MATERIALIZED (
        SELECT person_id FROM heard WHERE day > :begin
        GROUP BY person_id HAVING count(DISTINCT podcast_id) >= 2
    ), often AS MATERIALIZED (
        SELECT DISTINCT c.podcast_id FROM person_podcast c JOIN recent r USING (person_id)
        WHERE c.episodes >= 3
    ), counted AS MATERIALIZED (
        SELECT o.podcast_id, n.episodes FROM often o CROSS JOIN LATERAL (
            SELECT count(DISTINCT s.episode_id) AS episodes FROM speaker s
            WHERE s.appearances > 0 AND s.episode_id = ANY(ARRAY(
                SELECT e.id FROM episode e
                WHERE e.podcast_id = o.podcast_id AND {original_episode()}))
        ) n
    ), guests AS (
        SELECT h.* FROM heard h JOIN recent r USING (person_id)
        JOIN person_podcast c ON c.person_id = h.person_id AND c.podcast_id = h.podcast_id
        LEFT JOIN counted n ON n.podcast_id = h.podcast_id
        WHERE NOT (c.episodes >= 3 AND c.episodes * 2 >= n.episodes)
    ), rates AS (
        SELECT person_id,
               coalesce(sum(appearances) FILTER (WHERE day > :begin), 0)::bigint AS now,
               count(DISTINCT podcast_id) FILTER (WHERE day > :begin) AS podcasts,
               coalesce(sum(appearances) FILTER (WHERE day <= :begin), 0)::float8
                   * {TREND_DAYS} / {BASELINE_DAYS} AS usual
        FROM guests GROUP BY person_id
    )
    SELECT p.name, p.slug, r.now, r.podcasts, r.usual, r.now / (r.usual + {TREND_GROUND}) AS rate
    FROM rates r JOIN person p ON p.id = r.person_id
    WHERE r.podcasts >= 2 AND p.state = 'active' ORDER BY rate DESC, p.slug LIMIT :limit
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A rank in a chart; ``now`` and ``before`` are appearances in the two periods.

    People and topics have a ``slug``, podcasts an ``id`` and ``feed_url``. ``rank_before`` is None
    without an appearance in the period before.
    """

    name: str
    now: int
    before: int
    rank: int
    rank_before: int | None
    slug: str | None = None
    id: int | None = None
    feed_url: str | None = None


EVERYTHING = ChartScope()


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A row of a chart, and its appearances over time."""

    row: ChartRow
    trend: list[int]


@dataclass(frozen=True, slots=True)
class _TrendSpan:
    """The days up to one that lines show, in so many slices."""

    until: date
    days: int
    slices: int


@dataclass(frozen=True, slots=True)
class _TrendPart:
    key: str
    slice: int
    number: int


@dataclass(frozen=True, slots=True)
class TrendingPerson:
    """A guest above their usual rate; ``usual`` is of 30 days in the baseline."""

    name: str
    slug: str
    now: int
    podcasts: int
    usual: float
    rate: float


def chart(
    session: Session,
    of: str,
    today: date,
    days: int | None,
    scope: ChartScope = EVERYTHING,
    *,
    year: int | None = None,
    limit: int = 50,
) -> list[ChartRow]:
    """The most heard ``people``, ``podcasts`` or ``topics`` of the last days, or of all time.

    Of ``mentioned`` people the figures are episodes. A ``year``, up to today, wins over days.
    """
    query = _CHART.format(facts=_facts(of, scope), names=_NAMES[of], key=_KEYS[of])
    params = {"limit": limit, **_params(scope), **_periods(today, days, year)}
    return fetch_all(session, query, ChartRow, params)


def chart_with_trends(
    session: Session,
    of: str,
    today: date,
    days: int | None,
    scope: ChartScope = EVERYTHING,
    *,
    year: int | None = None,
) -> list[TrendRow]:
    """A chart, and for each row the appearances in parts of the period, oldest first.

    For all time they are those of the last 365 days.
    """
    found = chart(session, of, today, days, scope, year=year)
    length, slices = TREND_SLICES[days]
    if year:
        first, today = _year(year, today)
        length = (today - first).days
        slices = max(1, min(_SLICES_OF_YEAR, length))
    parts = _TrendSpan(today, length, slices)
    trends = _trends(session, of, parts, scope, [_key(row) for row in found])
    return [TrendRow(row, trends[_key(row)]) for row in found]


def _trends(
    session: Session, of: str, parts: "_TrendSpan", scope: ChartScope, keys: Sequence[str]
) -> dict[str, list[int]]:
    begin, slices = parts.until - timedelta(days=parts.days), parts.slices
    key = f"CAST(o.{_KEYS[of]} AS text)"
    query = _TRENDS.format(facts=_facts(of, scope), key=key, table=_TABLES[of])
    params = {"today": parts.until, "before": begin, "begin": begin, "keys": list(keys)}
    params |= {"days": parts.days, "slices": slices, **_params(scope)}
    trends = {key: [0] * slices for key in keys}
    for part in fetch_all(session, query, _TrendPart, params):
        trends[part.key][part.slice] = part.number
    return trends


def _key(row: ChartRow) -> str:
    return row.slug if row.slug is not None else str(row.id)


def _facts(of: str, scope: ChartScope) -> str:
    """The common table expressions of a chart; the last one is ``facts``."""
    if of == "people" and scope == EVERYTHING:
        return _PEOPLE
    conditions = (_OF_LANGUAGE if scope.language else "") + (_WITH_TOPIC if scope.topic else "")
    shown = _SHOWN.format(scope=conditions)
    if of == "people":
        return shown + _PEOPLE_IN_SCOPE
    if of == "mentioned":
        return shown + _MENTIONED
    return shown + _SPOKEN + (_PODCASTS if of == "podcasts" else _TOPICS)


def _params(scope: ChartScope) -> dict[str, object]:
    given = {"language": scope.language, "topic": scope.topic}
    return {name: value for name, value in given.items() if value}


def trending(session: Session, today: date, *, limit: int = 20) -> list[TrendingPerson]:
    """Guests with far more appearances than usual.

    Podcasts in which a person is a regular (three episodes, and half of the counted ones) do not
    count. The person speaks in at least two others within 30 days. The order is by their
    appearances there, divided by 10 plus those of a usual 30 days in the 360 before.
    """
    begin = today - timedelta(days=TREND_DAYS)
    before = begin - timedelta(days=BASELINE_DAYS)
    params = {"limit": limit, "today": today, "begin": begin, "before": before}
    return fetch_all(session, _TRENDING, TrendingPerson, params)


def latest_counted_day(session: Session, today: date) -> date | None:
    """The day of the newest visible episode with a speaker, up to today."""
    spoken = exists().where(col(Speaker.episode_id) == Episode.id)
    query = (
        select(col(Episode.stats_date))
        .join(Podcast, col(Podcast.id) == Episode.podcast_id)
        .where(is_visible(), col(Episode.stats_date) <= today, spoken)
        .order_by(col(Episode.stats_date).desc())
    )
    day: date | None = fetch_value(session, query.limit(1))
    return day


def chart_years(session: Session, today: date) -> list[int]:
    """The years up to today in which anything is counted, newest first."""
    params = {"first": date(FIRST_YEAR, 1, 1), "today": today}
    return fetch_values(session, _YEARS, params)


def _year(year: int, today: date) -> tuple[date, date]:
    """The day before a year, and its last day up to today."""
    return date(year - 1, 12, 31), min(date(year, 12, 31), today)


def _periods(today: date, days: int | None, year: int | None = None) -> dict[str, date]:
    """The period, and the one before it: up to the day on which the period begins."""
    if year:
        begin, last = _year(year, today)
        before = date(year - 2, 12, 31)
        return {"today": last, "begin": begin, "until": begin, "before": before}
    if days is None:
        until = today - timedelta(days=COMPARISON_DAYS)
        return {"today": today, "begin": date.min, "until": until, "before": date.min}
    begin = today - timedelta(days=days)
    return {"today": today, "begin": begin, "until": begin, "before": begin - timedelta(days=days)}
