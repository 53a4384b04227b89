"""Makes ten things go wrong, one after the other, in a process that logs as the service does.

Run as a module with the address of a publisher's server. Prints a JSON object: the ids of what each
failure was about, by the failure's name. What went wrong is only in the log.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import redis

from models import get_settings
from models.database import database_time, forget_engine, in_transaction
from tasks.ingest.episode import parse
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.runner import JobResult, Message, run_job
from tasks.jobs.store import claim_job, request_jobs
from tasks.jobs.values import ClaimedJob
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_feeds, renew_claim
from tests.factories import add_episode, add_podcast, execute, new_episode, one
from tests.sweeps import sweep
from workers.celery_app import app
from workers.logging.configure import configure_logs


def job_of(episode: int) -> int:
    def ask(session: Any) -> list[int]:
        return request_jobs(session, "parse", [episode], database_time(session))

    (job,) = in_transaction(ask)
    return job


def feed(url: str) -> dict[str, int]:
    """A feed is looked at, and its publisher answers badly."""
    podcast = in_transaction(add_podcast, url=url)
    token = in_transaction(lambda s: claim_feeds(s, [podcast], database_time(s)))
    poll_claimed_feeds(token)
    return {"podcast_id": podcast}


def transcript(url: str) -> dict[str, int]:
    """A transcript cannot be had, or is none."""
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast, transcripts=[url])
    job = job_of(episode)
    run_job(job, Message(f"message-{job}", "w"), parse)
    return {"podcast_id": podcast, "episode_id": episode, "job_id": job}


def killed_worker() -> dict[str, int]:
    """A worker takes a job and never comes back."""
    episode = new_episode()
    job = job_of(episode)
    in_transaction(
        lambda s: claim_job(
            s, job, database_time(s), task_id="m", worker="w", lease_seconds=0, redelivered=False
        )
    )
    execute("UPDATE job SET lease_expires_at = now() - interval '1 s' WHERE id = :id", id=job)
    sweep()
    return {"episode_id": episode, "job_id": job}


def killed_poller() -> dict[str, int]:
    """A poller begins with a feed and never comes back."""
    podcast = in_transaction(add_podcast)
    token = in_transaction(lambda s: claim_feeds(s, [podcast], database_time(s)))
    in_transaction(lambda s: renew_claim(s, token, database_time(s) - timedelta(hours=1), 1))
    sweep()
    return {"podcast_id": podcast}


def bug() -> dict[str, int]:
    """Our own code breaks."""

    def work(_: ClaimedJob) -> JobResult:
        raise ZeroDivisionError("nobody thought of this")

    job = job_of(new_episode())
    run_job(job, Message(f"message-{job}", "w"), work)
    return {"job_id": job}


def wiped_broker() -> dict[str, int]:
    """The broker loses what was sent."""
    settings = get_settings()
    job_of(new_episode())
    publish_waiting_jobs()
    assert settings.broker_url is not None
    with app.connection_for_write() as connection:
        client: redis.Redis = connection.default_channel.client
        client.flushdb()
    execute("UPDATE job SET published_at = published_at - interval '11 s' WHERE state = 'waiting'")
    sweep()
    return {}


def broker_away() -> dict[str, int]:
    """The broker cannot be reached."""
    job_of(new_episode())
    known, app.conf.broker_url = app.conf.broker_url, "redis://127.0.0.1:1/0"
    app.pool.force_close_all()
    app._pool = app.amqp._producer_pool = None
    publish_waiting_jobs()
    app.conf.broker_url = known
    return {}


def database_away() -> dict[str, int]:
    """The database cannot be reached when a job is to be taken."""
    import os  # noqa: PLC0415

    job = job_of(new_episode())
    os.environ["OVERHEARD_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    get_settings.cache_clear()
    forget_engine()
    run_job(job, Message(f"message-{job}", "w"), parse)
    return {"job_id": job}


def main(publisher: str) -> None:
    """Ten failures; the database goes last, for nothing can be done without it."""
    configure_logs(file="failures")
    assert one("SELECT count(*) FROM podcast") == 0
    about = {
        "a publisher's server is down": feed(f"{publisher}/feed-503"),
        "a feed became a web page": feed(f"{publisher}/feed-html"),
        "a transcript is gone": transcript(f"{publisher}/gone.vtt"),
        "a transcript is no text": transcript(f"{publisher}/binary.vtt"),
        "a worker was killed": killed_worker(),
        "a poller was killed": killed_poller(),
        "a bug": bug(),
        "the broker lost its data": wiped_broker(),
        "the broker is away": broker_away(),
        "the database is away": database_away(),
    }
    print(json.dumps(about))


if __name__ == "__main__":
    main(sys.argv[1])
