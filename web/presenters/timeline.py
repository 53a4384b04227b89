"""Computes stacked bar charts over time, which a template draws as SVG. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from models.queries.person import TimelineRow
from web.languages.formats import month_text, whole_number
from web.languages.texts import N_, formatted, translated
from web.presenters.filters import clean, counted, day, duration, short

MAX_SERIES = 8
_MINUTE, _HOUR = 60_000, 3_600_000
# Shown by the templates: how wide the bars are, and what they count.
BUCKETS = (N_("day"), N_("week"), N_("month"), N_("year"))
HEADINGS = {
    *(N_("Day"), N_("Week"), N_("Month"), N_("Year")),
    *(N_("Appearances"), N_("Episodes"), N_("Hours"), N_("Speaking time")),
}


class TimelineUnit(StrEnum):
    """What the bars of a timeline count; hours are stored in milliseconds."""

    appearances = "appearances"
    episodes = "episodes"
    hours = "hours"

    def of(self, row: TimelineRow) -> int:
        """What a row has of this unit."""
        values = {"appearances": row.appearances, "episodes": row.episodes}
        return values.get(self.value, row.spoken_ms)

    @property
    def heading(self) -> str:
        """What is counted, as a heading in English."""
        return "Speaking time" if self is self.hours else self.value.capitalize()

    def text(self, value: int) -> str:
        """A value with its unit."""
        return duration(value) if self is self.hours else counted(value, self.value[:-1])

    def cell(self, value: int) -> str:
        """A value in a table, whose caption has the unit."""
        return duration(value) if self is self.hours else whole_number(value)


class ChartedPodcast(Protocol):
    """What the chart needs of a podcast."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def feed_url(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One podcast in the chart, or all others together."""

    name: str
    style: str
    total: int
    podcast_id: int | None


@dataclass(frozen=True, slots=True)
class BarSegment:
    """A rectangle of a bar, in the units of its drawing."""

    y: float
    height: float
    style: str


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One day, week, month or year: its counts, its days, and where it is drawn."""

    label: str
    first: date
    last: date
    parts: list[int]
    total: int
    episodes: int
    x: float = 0
    width: float = 0
    pieces: tuple[BarSegment, ...] = ()
    below: str = ""  # a shorter label, for below the bar


@dataclass(frozen=True, slots=True)
class ChartDrawing:
    """The chart at one size; ``ticks`` are (y, text), ``labels`` are (x, text)."""

    style: str
    width: int
    height: int
    left: int
    bottom: float
    bars: list[ChartBar]
    ticks: list[tuple[float, str]]
    labels: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class TimelineChart:
    """The data of a chart and of its table."""

    bucket: str
    unit: TimelineUnit
    series: list[ChartSeries]
    bars: list[ChartBar]
    drawings: list[ChartDrawing]
    total: int
    label: str


def timeline(
    rows: Sequence[TimelineRow],
    podcasts: Sequence[ChartedPodcast],
    bucket: str,
    unit: TimelineUnit = TimelineUnit.appearances,
) -> TimelineChart:
    """The chart for rows of buckets and podcasts, oldest first.

    ``podcasts`` are in stacking order, most appearances first; beyond eight series, the
    rest are one.
    """
    series = _series(rows, podcasts, unit)
    positions = {
        each.podcast_id: position for position, each in enumerate(series) if each.podcast_id
    }
    bars = _bars(rows, positions, len(series), bucket, unit)
    total = sum(bar.total for bar in bars)
    sizes = (("wide", 960, 250), ("narrow", 380, 220))
    drawings = [_draw(style, bars, series, width, height, unit) for style, width, height in sizes]
    label = _summary(bars, total, bucket, unit)
    return TimelineChart(bucket, unit, series, bars, drawings, total, label)


def _series(
    rows: Sequence[TimelineRow], podcasts: Sequence[ChartedPodcast], unit: TimelineUnit
) -> list[ChartSeries]:
    totals: dict[int, int] = {}
    for row in rows:
        totals[row.podcast_id] = totals.get(row.podcast_id, 0) + unit.of(row)
    named = [each for each in podcasts if each.id in totals]
    fits = len(named) <= MAX_SERIES
    shown = named if fits else named[: MAX_SERIES - 1]
    series = [
        ChartSeries(
            short(clean(each.title or each.feed_url), 60),
            f"series-{position}",
            totals[each.id],
            each.id,
        )
        for position, each in enumerate(shown, 1)
    ]
    if not fits:
        others = formatted(N_("%(count)s others"), count=len(named) - len(shown))
        rest = sum(totals.values()) - sum(each.total for each in series)
        series.append(ChartSeries(others, "series-rest", rest, None))
    return series


def _bars(
    rows: Sequence[TimelineRow],
    positions: Mapping[int, int],
    series: int,
    bucket: str,
    unit: TimelineUnit,
) -> list[ChartBar]:
    if not rows:
        return []
    totals_by_bucket: dict[date, tuple[list[int], list[int]]] = {}
    for row in rows:
        parts, episodes = totals_by_bucket.setdefault(row.bucket, ([0] * series, [0]))
        parts[positions.get(row.podcast_id, series - 1)] += unit.of(row)
        episodes[0] += row.episodes
    bars = []
    for start in _buckets(rows[0].bucket, rows[-1].bucket, bucket):
        parts, episodes = totals_by_bucket.get(start, ([0] * series, [0]))
        last = _after(start, bucket) - timedelta(days=1)
        label, below = _label(start, bucket), day(start) if bucket == "week" else ""
        bars.append(ChartBar(label, start, last, parts, sum(parts), episodes[0], below=below))
    return bars


def _buckets(first: date, last: date, bucket: str) -> Iterator[date]:
    """Every bucket from first to last, empty ones included."""
    at = first
    while at <= last:
        yield at
        at = _after(at, bucket)


def _after(start: date, bucket: str) -> date:
    if bucket == "year":
        return start.replace(year=start.year + 1)
    if bucket == "month":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=7 if bucket == "week" else 1)


def _label(start: date, bucket: str) -> str:
    if bucket in {"day", "week"}:
        week_of = N_("week of %(day)s")
        return day(start) if bucket == "day" else formatted(week_of, day=day(start))
    return month_text(start) if bucket == "month" else str(start.year)


def _summary(bars: Sequence[ChartBar], total: int, bucket: str, unit: TimelineUnit) -> str:
    """The chart as a sentence, for screen readers."""
    if not bars:
        return translated(N_("No appearances yet."))
    most = max(bars, key=lambda bar: bar.total)
    text = N_(
        "%(total)s by %(bucket)s, from %(first)s to %(last)s. Most in %(label)s: %(most)s. The "
        "numbers are in the table below."
    )
    return formatted(
        text,
        total=unit.text(total),
        bucket=translated(bucket),
        first=bars[0].label,
        last=bars[-1].label,
        label=most.label,
        most=unit.cell(most.total),
    )


def _draw(
    style: str,
    bars: Sequence[ChartBar],
    series: Sequence[ChartSeries],
    width: int,
    height: int,
    unit: TimelineUnit,
) -> ChartDrawing:
    most = max((bar.total for bar in bars), default=0)
    size, sign = _scale_of(most, unit)
    step = _step(-(-most // size)) * size
    top = step * max(1, -(-most // step))
    left, bottom = 12 + 7 * len(f"{whole_number(top // size)}{sign}"), height - 24.0
    scale = (bottom - 12) / top
    slot = (width - left) / max(1, len(bars))
    thickness = min(slot * 0.78, 56)
    placed = [
        replace(
            bar,
            x=round(left + slot * position + (slot - thickness) / 2, 1),
            width=round(thickness, 1),
            pieces=tuple(_pieces(bar, series, bottom, scale)),
        )
        for position, bar in enumerate(bars)
    ]
    ticks = [
        (round(bottom - scale * value, 1), f"{whole_number(value // size)}{sign if value else ''}")
        for value in range(0, top + 1, step)
    ]
    return ChartDrawing(
        style,
        width,
        height,
        left,
        bottom,
        placed,
        ticks,
        list(_labels(placed, slot, width)),
    )


def _pieces(
    bar: ChartBar, series: Sequence[ChartSeries], bottom: float, scale: float
) -> Iterator[BarSegment]:
    y = bottom
    for part, each in zip(bar.parts, series, strict=True):
        if part:
            height = part * scale
            y -= height
            yield BarSegment(round(y, 1), round(height, 1), each.style)


def _scale_of(most: int, unit: TimelineUnit) -> tuple[int, str]:
    """What one step of the scale is a multiple of, and its sign: hours, or minutes for a few."""
    if unit is not TimelineUnit.hours:
        return 1, ""
    size, sign = (_HOUR, "h") if most > 2 * _HOUR else (_MINUTE, "min")
    return size, f"\N{NO-BREAK SPACE}{translated(sign)}"


def _step(largest: int) -> int:
    """The distance between grid lines: 1, 2 or 5 times a power of ten, for two to five lines."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if largest <= 4 * step:
                return step
        size *= 10


def _labels(bars: Sequence[ChartBar], slot: float, width: int) -> Iterator[tuple[float, str]]:
    """As many labels below the bars as fit, starting with the first."""
    label_width = 92 if width > 500 else 80
    every = max(1, -(-label_width // max(1, int(slot))))
    for position, bar in enumerate(bars):
        if position % every == 0:
            text = bar.below or bar.label
            x = bar.x + bar.width / 2
            half = 3.2 * len(text)
            yield round(min(max(x, half), width - half), 1), text
