"""Precision of attributions, estimated from a human audit of randomly drawn speakers."""

from math import sqrt
from typing import Any

# The 97.5 % quantile of the standard normal distribution, for intervals of 95 %.
_Z = 1.959964


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, _Z * _Z / trials
    middle = share + spread / 2
    half = _Z * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return max(0.0, low), min(1.0, high)


def precision(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The share of correct names for each method and in total, with 95 % intervals."""
    total = {"method": "all"} | {
        name: sum(row[name] for row in rows) for name in ("correct", "judged", "unsure")
    }
    return [_with_interval(row) for row in [*rows, total]]


def _with_interval(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(row["correct"], row["judged"])
    share = row["correct"] / row["judged"] if row["judged"] else None
    return row | {"precision": share, "low": round(low, 4), "high": round(high, 4)}
