"""Bars over time, worked out here and drawn by a template: stacked by podcast, with ticks. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from models.queries.person import TimelineRow
from web.presenters.filters import clean, day, short

MAX_SERIES = 8
_FORMS = {"month": "%b %Y", "year": "%Y"}


class ChartedPodcast(Protocol):
    """What the chart needs of a podcast."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def feed_url(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Series:
    """One podcast in the chart, or all the rest together."""

    name: str
    style: str
    total: int
    podcast_id: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle, in the units of its drawing."""

    y: float
    height: float
    style: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, week, month or year: what stands in it, and where it is drawn."""

    label: str
    parts: list[int]
    total: int
    episodes: int
    x: float = 0
    width: float = 0
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bars at one size; ``ticks`` are (y, number), ``labels`` are (x, text)."""

    style: str
    width: int
    height: int
    left: int
    bottom: float
    bars: list[Bar]
    ticks: list[tuple[float, int]]
    labels: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that the chart and its table show."""

    bucket: str
    series: list[Series]
    bars: list[Bar]
    drawings: list[Drawing]
    total: int
    label: str


def timeline(
    rows: Sequence[TimelineRow], podcasts: Sequence[ChartedPodcast], bucket: str
) -> Timeline:
    """The chart of rows (bucket, podcast_id, appearances, episodes), oldest first.

    ``podcasts`` are in the order of the stack, most first; those after the eighth are one.
    """
    series = _series(rows, podcasts)
    places = {one.podcast_id: place for place, one in enumerate(series) if one.podcast_id}
    bars = _bars(rows, places, len(series), bucket)
    total = sum(bar.total for bar in bars)
    drawings = [_draw("wide", bars, series, 960, 250), _draw("narrow", bars, series, 380, 220)]
    return Timeline(bucket, series, bars, drawings, total, _spoken(bars, total, bucket))


def _series(rows: Sequence[TimelineRow], podcasts: Sequence[ChartedPodcast]) -> list[Series]:
    totals: dict[int, int] = {}
    for row in rows:
        totals[row.podcast_id] = totals.get(row.podcast_id, 0) + row.appearances
    named = [one for one in podcasts if one.id in totals]
    fits = len(named) <= MAX_SERIES
    shown = named if fits else named[: MAX_SERIES - 1]
    series = [
        Series(short(clean(one.title or one.feed_url), 60), f"series-{place}",
               totals[one.id], one.id)
        for place, one in enumerate(shown, 1)
    ]  # fmt: skip
    if not fits:
        rest = sum(totals.values()) - sum(one.total for one in series)
        series.append(Series(f"{len(named) - len(shown)} others", "series-rest", rest, None))
    return series


def _bars(
    rows: Sequence[TimelineRow], places: Mapping[int, int], series: int, bucket: str
) -> list[Bar]:
    if not rows:
        return []
    found: dict[date, tuple[list[int], list[int]]] = {}
    for row in rows:
        parts, episodes = found.setdefault(row.bucket, ([0] * series, [0]))
        parts[places.get(row.podcast_id, series - 1)] += row.appearances
        episodes[0] += row.episodes
    bars = []
    for start in _buckets(rows[0].bucket, rows[-1].bucket, bucket):
        parts, episodes = found.get(start, ([0] * series, [0]))
        bars.append(Bar(_label(start, bucket), parts, sum(parts), episodes[0]))
    return bars


def _buckets(first: date, last: date, bucket: str) -> Iterator[date]:
    """Every bucket between two, those without anything included."""
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
        return day(start) if bucket == "day" else f"week of {day(start)}"
    return start.strftime(_FORMS[bucket])


def _spoken(bars: Sequence[Bar], total: int, bucket: str) -> str:
    """The chart in a sentence, for those who do not see it."""
    if not bars:
        return "No appearances yet."
    most = max(bars, key=lambda bar: bar.total)
    return (
        f"{total:,} appearances by {bucket}, from {bars[0].label} to {bars[-1].label}. "
        f"Most in {most.label}: {most.total:,}. The numbers are in the table below."
    )


def _draw(
    style: str, bars: Sequence[Bar], series: Sequence[Series], width: int, height: int
) -> Drawing:
    step = _step(max((bar.total for bar in bars), default=0))
    top = step * max(1, -(-max((bar.total for bar in bars), default=0) // step))
    left, bottom = 12 + 7 * len(f"{top:,}"), height - 24.0
    scale = (bottom - 12) / top
    slot = (width - left) / max(1, len(bars))
    thickness = min(slot * 0.78, 56)
    placed = [
        Bar(bar.label, bar.parts, bar.total, bar.episodes,
            round(left + slot * place + (slot - thickness) / 2, 2), round(thickness, 2),
            tuple(_pieces(bar, series, bottom, scale)))
        for place, bar in enumerate(bars)
    ]  # fmt: skip
    ticks = [(round(bottom - scale * value, 2), value) for value in range(0, top + 1, step)]
    return Drawing(
        style, width, height, left, bottom, placed, ticks, list(_labels(placed, slot, width))
    )


def _pieces(bar: Bar, series: Sequence[Series], bottom: float, scale: float) -> Iterator[Piece]:
    y = bottom
    for part, one in zip(bar.parts, series, strict=True):
        if part:
            height = part * scale
            y -= height
            yield Piece(round(y, 2), round(height, 2), one.style)


def _step(largest: int) -> int:
    """The distance of lines, 1, 2 or 5 times a power of ten, so that there are two to five."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if largest <= 4 * step:
                return step
        size *= 10


def _labels(bars: Sequence[Bar], slot: float, width: int) -> Iterator[tuple[float, str]]:
    """As many labels below the bars as there is room for, the first included."""
    room = 92 if width > 500 else 80
    every = max(1, -(-room // max(1, int(slot))))
    for place, bar in enumerate(bars):
        if place % every == 0:
            text = bar.label.removeprefix("week of ")
            x = bar.x + bar.width / 2
            half = 3.2 * len(text)
            yield round(min(max(x, half), width - half), 2), text
