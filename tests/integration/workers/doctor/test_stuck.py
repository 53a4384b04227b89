"""States that can never move on their own, planted one by one: found, and moved as advised."""

import shlex

import pytest

from models.database import in_transaction
from tasks.jobs import tasks as job_tasks
from tasks.polling import tasks as polling_tasks
from tests.factories import NOW, add_podcast, execute, new_episode, rows
from tests.integration.commands import Run, run
from workers.doctor.stuck import check_stuck

__all__ = ["run"]

JOB = (
    "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses, "
    "republished, run_after, published_at, created_at) VALUES ('{kind}', {episode}, 'fetch', "
    "false, 5, '{state}', 0, 0, 0, {run_after}, {published}, now())"
)
SUBSCRIPTION = (
    "INSERT INTO subscription (podcast_id, hub, topic, state, token, secret, asking, created_at) "
    "VALUES ({podcast}, 'https://hub.example', 'https://x.example', 'active', 't', 's', '', now())"
)
PLANTED = {
    "whose feeds have no next poll": "UPDATE crawl SET next_poll_at = NULL",
    "feeds that are not due for another two": "UPDATE crawl SET next_poll_at = now() + '99 days'",
    "although their hosts are not": "UPDATE host SET next_due_at = NULL",
    "must not be contacted": "UPDATE host SET next_allowed_at = 'infinity'",
    "claimed without a lease": "UPDATE crawl SET claim_token = gen_random_uuid()",
    "run without a lease": JOB.format(
        kind="parse", episode="{episode}", state="running", run_after="now()", published="NULL"
    ),
    "of a kind that this version": JOB.format(
        kind="other", episode="{episode}", state="waiting", run_after="now()", published="NULL"
    ),
    "jobs that are not due for another two months": JOB.format(
        kind="parse", episode="{episode}", state="waiting", run_after="'infinity'", published="NULL"
    ),
    "publication time in the future": JOB.format(
        kind="parse",
        episode="{episode}",
        state="waiting",
        run_after="now()",
        published="now() + '1 day'",
    ),
    "no job has ever read": (
        "INSERT INTO transcript (episode_id, url, type, source, is_listed, is_selected) "
        "VALUES ({episode}, 'https://one.example/1.vtt', '', 'publisher', true, false)"
    ),
    "never renewed": SUBSCRIPTION,
}
# What the sweeper releases by itself as soon as it runs, and what only an upgrade can run.
BY_THE_SWEEPER = "the next sweep releases them"


def messages() -> dict[str, str]:
    return {f.message: f.advice for f in check_stuck() if f.state == "problem"}


@pytest.mark.parametrize("part", PLANTED)
def test_stuck_row_is_found_and_moved_as_advised(run: Run, part: str) -> None:
    episode = new_episode()
    execute("UPDATE crawl SET next_poll_at = now()")
    assert messages() == {}
    podcast = rows("SELECT podcast_id FROM crawl")[0]["podcast_id"]
    execute(PLANTED[part].format(podcast=podcast, episode=episode))
    execute("UPDATE crawl SET next_poll_at = next_poll_at - interval '1 hour'")
    ((message, advice),) = messages().items()
    assert part in message
    move(run, advice)
    assert part == "of a kind that this version" or messages() == {}


def move(run: Run, advice: str) -> None:
    """Do what the doctor advises."""
    if advice.startswith(BY_THE_SWEEPER):
        job_tasks.sweep()
        polling_tasks.sweep()
    elif advice.startswith("UPDATE"):
        execute(advice)
    elif advice.startswith("overheard"):
        words = shlex.split(advice)[1:]
        assert run(*words, *(["--no-wait"] if "reingest" in words else [])).code == 0


@pytest.mark.usefixtures("database")
def test_queue_and_request_paused_for_days_are_noted() -> None:
    in_transaction(add_podcast)
    execute("UPDATE crawl SET next_poll_at = now()")
    execute("INSERT INTO queue_pause VALUES ('parse', 'paused', :at, 'me')", at=NOW)
    execute(
        "INSERT INTO reingest_request (id, scope, stage, state, reason, message, requested_by, "
        "jobs, created_at) VALUES ('r-1', '{}', 'fetch', 'paused', '', '', '', 0, :at)",
        at=NOW,
    )
    noted = [finding.advice for finding in check_stuck() if finding.state == "note"]
    assert sorted(noted) == ["overheard queues resume parse", "overheard reingests resume r-1"]
