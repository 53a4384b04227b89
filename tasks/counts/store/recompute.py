"""Recompute the counts of one person from the rows."""

from models import Episode, Person
from models.database import Session
from models.database.sql import execute, fetch_all, fetch_value, lock_in_order
from tasks.counts.store.rollups import (
    UPDATE_PERSON_TOTALS,
    contributions_where,
    fix_cells,
    fix_speakers,
    speaker_totals,
    wrong_speakers,
)
from tasks.counts.values import SpeakerDrift

# The person's speakers whose stored counts differ from their segments.
_WRONG_SPEAKERS = (
    wrong_speakers(f"LATERAL ({speaker_totals('speaker_id = s.id')}) a ON true")
    + " AND s.person_id = :id"
)
_FIX_SPEAKERS = fix_speakers(_WRONG_SPEAKERS) + " AND s.episode_id = ANY(:episodes)"
_TRUTH = contributions_where("s.person_id = :id")
_TOTALS = f"""{UPDATE_PERSON_TOTALS}
    AND (p.appearances, p.episodes, p.podcasts, p.spoken_ms, p.first_on, p.last_on)
        IS DISTINCT FROM
        (t.appearances, t.episodes, t.podcasts, t.spoken_ms, t.first_on, t.last_on)
"""


def recompute_person_counts(session: Session, person_id: int) -> dict[str, int]:
    """Make the stored counts of a person equal to the rows; return how many rows were repaired.

    Writers change speakers with the episode locked, and counts with the person locked. So wrong
    speakers are repaired with their episodes locked, in id order and before the person, like
    writers do; uncommitted changes of a writer are then on neither side of the comparison.
    """
    params = {"id": person_id}
    speakers = 0
    wrong = fetch_all(session, _WRONG_SPEAKERS, SpeakerDrift, params)
    if episodes := sorted({speaker.episode_id for speaker in wrong}):
        lock_in_order(session, Episode, episodes)
        speakers = execute(session, _FIX_SPEAKERS, params | {"episodes": episodes})
    lock_in_order(session, Person, [person_id])
    return {
        "speakers": speakers,
        "days": _recompute_cells(session, person_id, "person_day", "day"),
        "podcasts": _recompute_cells(session, person_id, "person_podcast", "podcast_id"),
        "totals": execute(session, _TOTALS, {"ids": [person_id]}),
    }


def _recompute_cells(session: Session, person_id: int, table: str, column: str) -> int:
    query = fix_cells(table, column, _TRUTH, "c.person_id = :id")
    return int(fetch_value(session, query, {"id": person_id}))
