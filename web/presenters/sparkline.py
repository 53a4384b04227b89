"""Small lines beside a number: the points of an SVG polyline. Pure."""

from collections.abc import Sequence

WIDTH, HEIGHT = 96, 24


def sparkline(heights: Sequence[float | None]) -> str:
    """The points of a line through heights from 0 to 1; None is left out, one point is no line."""
    if len(heights) < 2:
        return ""
    step = WIDTH / (len(heights) - 1)
    points = [
        f"{place * step:.1f},{(1 - height) * HEIGHT:.1f}"
        for place, height in enumerate(heights)
        if height is not None
    ]
    return " ".join(points)


def of_numbers(numbers: Sequence[int]) -> str:
    """The line of numbers, the largest at the top."""
    most = max(numbers, default=0) or 1
    return sparkline([number / most for number in numbers])
