"""Audit answers in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from models.database import Session

_RECORD = text("""
    INSERT INTO audit_answer (seed, episode_id, label, person_id, method, version,
                              correct, actor, at)
    VALUES (:seed, :episode_id, :label, :person_id, :method, :version, :correct, :actor, :now)
    ON CONFLICT ON CONSTRAINT audit_answer_once DO UPDATE
        SET correct = excluded.correct, actor = excluded.actor, at = excluded.at
""")


def record_audit_answer(
    session: Session,
    actor: str,
    drawn: dict[str, Any],
    *,
    seed: int,
    correct: bool | None,
    now: datetime,
) -> None:
    """Record whether a drawn speaker has the right name; ``None`` means "cannot say"."""
    columns = ("episode_id", "label", "person_id", "method", "version")
    params = {name: drawn[name] for name in columns}
    params |= {"seed": seed, "correct": correct, "actor": actor, "now": now}
    session.connection().execute(_RECORD, params)
