"""A fair share of the workers for each podcast: after a long job, others go before its next one.

A podcast whose job took longer than a second cools down for a few times as long. Meanwhile its jobs
are neither sent nor claimed while one of another podcast waits. So a thousand costly episodes of
one feed delay the episode of another by one job of each worker; alone, they lose nothing.
"""

from datetime import timedelta

from models.database import Session, database_time
from models.database.sql import execute
from tasks.jobs.values import ClaimedJob

# Seconds. A job that takes as long as these is no burden for others.
_FREE_SECONDS = 1.0
_COOLDOWNS, _LONGEST_SECONDS = 4, 60.0

# Podcasts that cool down, and jobs that wait of podcasts that do not.
_COOLING = "SELECT c.podcast_id FROM podcast_cooldown c WHERE c.until > :now"
_OTHERS_WAIT = """
    SELECT FROM job o JOIN episode oe ON oe.id = o.subject
    WHERE o.kind = 'parse' AND o.state = 'waiting' AND o.run_after <= :now
        AND o.priority <= {priority} AND oe.podcast_id NOT IN ({cooling})
"""


def must_wait(job: str, priority: str) -> str:
    """Return the SQL condition that a job (its alias) has to let those of other podcasts go.

    These are at most of this priority. A parameter is compared once, a column for each job.
    """
    others = _OTHERS_WAIT.format(priority=priority, cooling=_COOLING)
    return f"""
        {job}.kind = 'parse' AND EXISTS (
            SELECT FROM episode je WHERE je.id = {job}.subject AND je.podcast_id IN ({_COOLING}))
        AND EXISTS ({others})
    """


_RECORD = """
    INSERT INTO podcast_cooldown AS c (podcast_id, until) VALUES (:podcast_id, :until)
    ON CONFLICT (podcast_id) DO UPDATE SET until = greatest(c.until, excluded.until)
"""


def is_long(job: ClaimedJob, seconds: float) -> bool:
    """Whether a job of a podcast took so long that others go before its next one."""
    return job.podcast_id is not None and seconds > _FREE_SECONDS


def record_cooldown(session: Session, job: ClaimedJob, seconds: float) -> None:
    """Let other podcasts go before the podcast of a job that took so many seconds."""
    cooldown = timedelta(seconds=min(_COOLDOWNS * seconds, _LONGEST_SECONDS))
    until = database_time(session) + cooldown
    execute(session, _RECORD, {"podcast_id": job.podcast_id, "until": until})
