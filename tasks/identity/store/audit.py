"""Judgements of drawn speakers by people, and how precise the names are by them."""

from datetime import datetime
from math import sqrt
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_JUDGE = text("""
    INSERT INTO audit_answer (seed, episode_id, label, person_id, method, version, correct, actor, at)
    VALUES (:seed, :episode_id, :label, :person_id, :method, :version, :correct, :actor, :now)
    ON CONFLICT ON CONSTRAINT audit_answer_once DO UPDATE
        SET correct = excluded.correct, actor = excluded.actor, at = excluded.at
""")

# The standard normal's 97.5 % point: intervals of 95 %.
_Z = 1.959964


def record_audit_answer(
    session: Session,
    actor: str,
    drawn: dict[str, Any],
    *,
    seed: int,
    correct: bool | None,
    now: datetime,
) -> None:
    """Note whether a drawn speaker has the right name; None: it cannot be told."""
    columns = ("episode_id", "label", "person_id", "method", "version")
    asked = {name: drawn[name] for name in columns}
    asked |= {"seed": seed, "correct": correct, "actor": actor, "now": now}
    session.connection().execute(_JUDGE, asked)


def wilson(right: int, judged: int) -> tuple[float, float]:
    """The interval of 95 % for a share, by Wilson's score; from 0 to 1 when nothing was judged."""
    if judged == 0:
        return 0.0, 1.0
    share, spread = right / judged, _Z * _Z / judged
    middle = share + spread / 2
    half = _Z * sqrt(share * (1 - share) / judged + spread / (4 * judged))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return max(0.0, low), min(1.0, high)


def precision(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The share of right names by method, and of all together, each with its interval."""
    total = {"method": "all"} | {
        name: sum(row[name] for row in rows) for name in ("correct", "judged", "unsure")
    }
    return [_with_interval(row) for row in [*rows, total]]


def _with_interval(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(row["correct"], row["judged"])
    share = row["correct"] / row["judged"] if row["judged"] else None
    return row | {"precision": share, "low": round(low, 4), "high": round(high, 4)}
