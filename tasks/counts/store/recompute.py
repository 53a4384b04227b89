"""One person's figures derived from the rows: a recount for one."""

from sqlalchemy import text
from sqlmodel import Session

from tasks.counts.store.updates import CONTRIBUTIONS

# Episodes in which a speaker of this person is kept with other figures than its segments have.
_WRONG_SPEAKERS = """
    SELECT s.id, s.episode_id, coalesce(a.appearances, 0) AS appearances,
           coalesce(a.spoken_ms, 0) AS spoken_ms,
           coalesce(a.timed_characters, 0) AS timed_characters
    FROM speaker s LEFT JOIN LATERAL (
        SELECT appearances, timed_characters,
               (SELECT sum(upper(r) - lower(r)) FROM unnest(spoken) AS r) AS spoken_ms
        FROM (
            SELECT count(*) AS appearances,
                   sum(length(text)) FILTER (WHERE start_ms < end_ms) AS timed_characters,
                   range_agg(int4range(start_ms, end_ms)) FILTER (WHERE start_ms < end_ms) AS spoken
            FROM appearance WHERE speaker_id = s.id
        ) ranges
    ) a ON true
    WHERE s.person_id = :id
        AND (s.appearances, s.spoken_ms, s.timed_characters) <> (coalesce(a.appearances, 0),
            coalesce(a.spoken_ms, 0), coalesce(a.timed_characters, 0))
"""
_EPISODES = text(f"SELECT DISTINCT episode_id FROM ({_WRONG_SPEAKERS}) w ORDER BY 1")  # noqa: S608
_LOCK_EPISODES = text("SELECT id FROM episode WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_FIX_SPEAKERS = text(f"""
    UPDATE speaker s SET appearances = w.appearances, spoken_ms = w.spoken_ms,
        timed_characters = w.timed_characters
    FROM ({_WRONG_SPEAKERS}) w WHERE s.id = w.id AND s.episode_id = ANY(:episodes)
""")  # noqa: S608  constants of ours
_LOCK_PERSON = text("SELECT id FROM person WHERE id = :id FOR NO KEY UPDATE")
_TRUTH = f"""{CONTRIBUTIONS} AND s.person_id = :id
    GROUP BY s.person_id, e.podcast_id, e.stats_date, s.episode_id"""
_CELLS = """
    WITH truth AS (
        SELECT {column}, sum(appearances)::bigint AS appearances, count(*)::int AS episodes,
               sum(spoken_ms)::bigint AS spoken_ms
        FROM ({truth}) t GROUP BY {column}
    ), emptied AS (
        DELETE FROM {table} c WHERE c.person_id = :id
            AND NOT EXISTS (SELECT FROM truth t WHERE t.{column} = c.{column}) RETURNING 1
    ), written AS (
        INSERT INTO {table} (person_id, {column}, appearances, episodes, spoken_ms)
        SELECT :id, {column}, appearances, episodes, spoken_ms FROM truth
        ON CONFLICT (person_id, {column}) DO UPDATE SET appearances = excluded.appearances,
            episodes = excluded.episodes, spoken_ms = excluded.spoken_ms
        WHERE ({table}.appearances, {table}.episodes, {table}.spoken_ms)
            <> (excluded.appearances, excluded.episodes, excluded.spoken_ms) RETURNING 1
    )
    SELECT (SELECT count(*) FROM emptied) + (SELECT count(*) FROM written)
"""
_DAYS = text(_CELLS.format(table="person_day", column="day", truth=_TRUTH))
_PODCASTS = text(_CELLS.format(table="person_podcast", column="podcast_id", truth=_TRUTH))
_TOTALS = text("""
    UPDATE person p SET appearances = t.appearances, episodes = t.episodes,
        podcasts = t.podcasts, spoken_ms = t.spoken_ms, first_on = d.first_on, last_on = d.last_on
    FROM (SELECT coalesce(sum(appearances), 0) AS appearances,
                 coalesce(sum(episodes), 0) AS episodes, count(*) AS podcasts,
                 coalesce(sum(spoken_ms), 0) AS spoken_ms
          FROM person_podcast WHERE person_id = :id) t,
         (SELECT min(day) AS first_on, max(day) AS last_on
          FROM person_day WHERE person_id = :id) d
    WHERE p.id = :id
        AND (p.appearances, p.episodes, p.podcasts, p.spoken_ms, p.first_on, p.last_on)
            IS DISTINCT FROM
            (t.appearances, t.episodes, t.podcasts, t.spoken_ms, d.first_on, d.last_on)
""")


def recompute_person_counts(session: Session, person_id: int) -> dict[str, int]:
    """Make everything that is kept of a person equal to the rows; how much had to be changed.

    A writer changes speakers under the lock of their episode, and figures under that of the
    person. So wrong speakers are repaired with their episodes locked, in id order and before the
    person, as writers do; and what a writer has not committed yet is in neither side of the sum.
    """
    connection, params = session.connection(), {"id": person_id}
    speakers = 0
    if episodes := list(connection.execute(_EPISODES, params).scalars()):
        connection.execute(_LOCK_EPISODES, {"ids": episodes})
        speakers = connection.execute(_FIX_SPEAKERS, params | {"episodes": episodes}).rowcount
    connection.execute(_LOCK_PERSON, params)
    return {
        "speakers": speakers,
        "days": connection.execute(_DAYS, params).scalar_one(),
        "podcasts": connection.execute(_PODCASTS, params).scalar_one(),
        "totals": connection.execute(_TOTALS, params).rowcount,
    }
