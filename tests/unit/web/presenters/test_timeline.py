"""The timeline chart: all buckets, exact sums, and bars that fit the drawing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.queries.person import TimelineRow, bucket_for
from models.queries.topics import TopicPodcast
from web.presenters.timeline import MAX_SERIES, TimelineChart, TimelineUnit, timeline


def row(bucket: date, podcast_id: int, appearances: int) -> TimelineRow:
    return TimelineRow(bucket, podcast_id, appearances, episodes=1, spoken_ms=0)


def podcasts(count: int) -> list[TopicPodcast]:
    return [
        TopicPodcast(i, f"Podcast {i}", "", episodes=1, appearances=1) for i in range(1, count + 1)
    ]


def test_timeline_has_empty_months_between_others() -> None:
    rows = [row(date(2025, 11, 1), 1, 3), row(date(2026, 2, 1), 1, 1)]
    chart = timeline(rows, podcasts(1), "month")
    assert [(bar.label, bar.total) for bar in chart.bars] == [
        ("Nov 2025", 3),
        ("Dec 2025", 0),
        ("Jan 2026", 0),
        ("Feb 2026", 1),
    ]


def test_timeline_merges_podcasts_beyond_the_limit() -> None:
    rows = [row(date(2026, 1, 1), i, 10 - i) for i in range(1, 10)]
    chart = timeline(rows, podcasts(9), "month")
    assert len(chart.series) == MAX_SERIES
    assert chart.series[-1].name == "2 others"
    assert chart.series[-1].total == 2 + 1
    assert sum(one.total for one in chart.series) == sum(r.appearances for r in rows)


def test_timeline_without_rows_has_no_bars() -> None:
    chart = timeline([], podcasts(1), "day")
    assert (chart.bars, chart.total, chart.label) == ([], 0, "No appearances yet.")


HOUR, MINUTE = 3_600_000, 60_000


@pytest.mark.parametrize(
    ("unit", "total", "cell", "ticks"),
    [
        (TimelineUnit.appearances, 12, "12", ["0", "5", "10", "15"]),
        (TimelineUnit.episodes, 3, "3", ["0", "1", "2", "3"]),
        (TimelineUnit.hours, 9 * HOUR, "9 h", ["0", "5 h", "10 h"]),
    ],
)
def test_timeline_counts_what_its_unit_says(
    unit: TimelineUnit, total: int, cell: str, ticks: list[str]
) -> None:
    rows = [TimelineRow(date(2026, 1, 1), 1, appearances=12, episodes=3, spoken_ms=9 * HOUR)]
    chart = timeline(rows, podcasts(1), "month", unit)
    assert chart.total == chart.bars[0].total == chart.series[0].total == total
    assert chart.bars[0].episodes == 3
    assert plain(unit.cell(total)) == cell
    assert [plain(text) for _, text in chart.drawings[0].ticks] == ticks
    assert cell in plain(chart.label)
    assert_bars_fit(chart)


def test_timeline_of_a_short_time_is_drawn_in_minutes() -> None:
    rows = [TimelineRow(date(2026, 1, 1), 1, 1, 1, spoken_ms=7 * MINUTE + 5000)]
    (drawing, _) = timeline(rows, podcasts(1), "month", TimelineUnit.hours).drawings
    assert [plain(text) for _, text in drawing.ticks] == ["0", "2 min", "4 min", "6 min", "8 min"]


def test_timeline_without_times_has_no_hours() -> None:
    rows = [row(date(2026, 1, 1), 1, 4)]
    chart = timeline(rows, podcasts(1), "month", TimelineUnit.hours)
    assert (chart.total, len(chart.bars)) == (0, 1)
    assert_bars_fit(chart)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 12), st.integers(1, 5000)), min_size=1)
)
def test_timeline_sums_are_exact_and_bars_fit_the_drawing(
    rows_by_day: list[tuple[int, int, int]],
) -> None:
    cells = {(day, podcast): count for day, podcast, count in rows_by_day}
    rows = [
        row(date(2024, 1, 1) + timedelta(days=day), podcast, count)
        for (day, podcast), count in sorted(cells.items())
    ]
    chart = timeline(rows, podcasts(12), "day")
    assert chart.total == sum(cells.values()) == sum(one.total for one in chart.series)
    for bar in chart.bars:
        assert sum(bar.parts) == bar.total
    assert_bars_fit(chart)


def assert_bars_fit(chart: TimelineChart) -> None:
    for drawing in chart.drawings:
        assert 2 <= len(drawing.ticks) <= 6
        for bar in drawing.bars:
            assert drawing.left <= bar.x <= bar.x + bar.width <= drawing.width + 0.2
            for piece in bar.pieces:
                assert 11.8 <= piece.y <= piece.y + piece.height <= drawing.bottom + 0.2


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "day"),
        (60, "day"),
        (61, "week"),
        (504, "week"),
        (505, "month"),
        (2160, "month"),
        (2161, "year"),
        (30_000, "year"),
    ],
)
def test_bucket_depends_on_the_span_of_dates(days: int, bucket: str) -> None:
    first = date(1930, 1, 1)
    assert bucket_for(first, first + timedelta(days=days)) == bucket
