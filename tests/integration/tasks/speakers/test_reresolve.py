"""Later episodes are evidence for earlier ones, which are re-resolved where it matters."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tasks.speakers.evidence.recurring import PodcastSpeakers
from tasks.speakers.reresolve import resolve_podcasts
from tasks.speakers.store.evidence import Unresolved, begin_resolving, record_resolved
from tasks.speakers.store.quarantine import podcasts_due_for_quarantine
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    differences,
    execute,
    one,
    rows,
    spoken,
    store,
)
from tests.servers.worker import wait_until

pytestmark = pytest.mark.usefixtures("database")


def ingested(podcast_id: int, *turns: str) -> int:
    """Add an episode, and the finished job that ingested it."""
    episode = in_transaction(add_episode, podcast_id)
    in_transaction(store, episode, spoken(*turns))
    in_transaction(request_jobs, "parse", [episode], NOW)
    execute("UPDATE job SET state = 'done', outcome = 'ran', finished_at = clock_timestamp()")
    return episode


def who(episode_id: int, label: str) -> str | None:
    query = """SELECT p.name FROM speaker s LEFT JOIN person p ON p.id = s.person_id
               WHERE s.episode_id = :id AND s.label = :label"""
    name: str | None = one(query, id=episode_id, label=label)
    return name


def unresolved(podcast_id: int) -> list[int]:
    return [one.episode_id for one in in_transaction(begin_resolving, podcast_id)[1]]


def resolve_all(podcast_id: int) -> None:
    """Resolve until nothing is left: a transaction that runs elsewhere may hold the version."""
    wait_until(lambda: resolve_podcasts() == 0 and not unresolved(podcast_id))


def begun(podcast_id: int) -> tuple[PodcastSpeakers, Sequence[Unresolved]]:
    """Begin to resolve when no older transaction runs, in another database either."""
    newest = one("SELECT max(version) FROM change_log")
    found = [in_transaction(begin_resolving, podcast_id)]

    def is_alone() -> bool:
        found[0] = in_transaction(begin_resolving, podcast_id)
        return bool(found[0][1][-1].version > newest)

    wait_until(is_alone)
    return found[0]


def test_first_name_resolves_once_recurring_speakers_exist() -> None:
    podcast = in_transaction(add_podcast)
    first = ingested(podcast, "Jane: Hello.", "Bo Roe: Hi.")
    resolve_podcasts()
    assert who(first, "Jane") is None
    for _ in range(2):
        ingested(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.")
    assert resolve_podcasts() > 0
    assert who(first, "Jane") == "Jane Doe"
    assert resolve_podcasts() == 0
    assert differences() == 0


def test_label_resolves_to_the_person_of_another_episode() -> None:
    podcast = in_transaction(add_podcast)
    first = ingested(podcast, "Jane: Hello.", "Bo Roe: Hi.")
    assert who(first, "Jane") is None
    second = ingested(podcast, "Jane: Hi, I'm Jane Doe.", "Bo Roe: Hi.")
    assert resolve_podcasts() > 0
    assert (who(first, "Jane"), who(second, "Jane")) == ("Jane Doe", "Jane Doe")
    assert resolve_podcasts() == 0
    third = ingested(podcast, "Jane: Hello. I'm Jane Poe.", "Bo Roe: Hi.")
    assert resolve_podcasts() > 0
    assert (who(first, "Jane"), who(third, "Jane")) == (None, "Jane Poe")
    assert resolve_podcasts() == 0
    assert differences() == 0


def test_episode_that_was_named_with_less_evidence_is_resolved_again() -> None:
    podcast = in_transaction(add_podcast)
    jane, also = ("Jane: Hi, I'm Jane Doe.", "Bo Roe: Hi."), ("Jane: Hello.", "Bo Roe: Hi.")
    first, second = ingested(podcast, *also), ingested(podcast, *jane)
    resolve_podcasts()
    assert who(first, "Jane") == "Jane Doe"
    # Read again while the other one is gone, which comes back before the podcast is resolved.
    for episode, turns in ((second, ("Bo Roe: Hi.",)), (first, ("Bo Roe: Hi.",)), (first, also)):
        in_transaction(store, episode, spoken(*turns))
    assert who(first, "Jane") is None
    in_transaction(store, second, spoken(*jane))
    assert unresolved(podcast) == [first, second]
    assert resolve_podcasts() > 0
    assert who(first, "Jane") == "Jane Doe"
    resolve_all(podcast)


def test_time_that_runs_out_leaves_changed_episodes_to_the_next_tick() -> None:
    podcast = in_transaction(add_podcast)
    episodes = [ingested(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.") for _ in range(4)]
    resolve_all(podcast)
    for episode in reversed(episodes):
        in_transaction(store, episode, spoken("Bo Roe: Hi.", "Jane Doe: Hello again."))
    speakers, changed = begun(podcast)
    assert [one.episode_id for one in changed] == episodes[::-1]
    in_transaction(record_resolved, speakers, changed[1])
    assert unresolved(podcast) == episodes[1::-1]
    in_transaction(record_resolved, speakers, changed[3])
    assert unresolved(podcast) == []


def test_removed_podcast_is_not_resolved() -> None:
    podcast = in_transaction(add_podcast)
    ingested(podcast, "Jane Doe: Hello.")
    assert in_transaction(podcasts_due_for_quarantine) == [podcast]
    execute("UPDATE podcast SET state = 'removed'")
    assert in_transaction(podcasts_due_for_quarantine) == []


def test_podcast_without_time_stays_due() -> None:
    podcast = in_transaction(add_podcast)
    ingested(podcast, "Jane: Hello.", "Bo Roe: Hi.")
    for _ in range(2):
        ingested(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.")
    assert resolve_podcasts(within_seconds=-1) == 0
    assert in_transaction(podcasts_due_for_quarantine) == [podcast]
    assert resolve_podcasts() > 0


def test_new_episode_with_known_speakers_resolves_no_other() -> None:
    podcast = in_transaction(add_podcast)
    for _ in range(6):
        ingested(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.")
    resolve_all(podcast)
    another = ingested(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.", "Ann Guest: Thanks.")
    assert unresolved(podcast) == [another]


def test_tick_without_time_leaves_work_to_the_next_tick() -> None:
    podcast = in_transaction(add_podcast)
    episodes = [ingested(podcast, "Jane Doe: Hello.") for _ in range(3)]
    execute("UPDATE job SET finished_at = finished_at - interval '1 hour'")
    resolve_podcasts(within_seconds=-1)
    assert unresolved(podcast) == episodes
    assert in_transaction(podcasts_due_for_quarantine) == [podcast]
    resolve_podcasts()
    assert one("SELECT resolved_up_to_episode_id FROM podcast_speaker_state") == episodes[-1]
    assert in_transaction(podcasts_due_for_quarantine) == []


def test_episode_that_fails_to_resolve_does_not_stop_others() -> None:
    podcast = in_transaction(add_podcast)
    poison = ingested(podcast, "Jane: Hello.")
    good = ingested(podcast, "Jane: Hello.")
    for _ in range(2):
        ingested(podcast, "Jane Doe: Hello.")
    execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.episode_id = {poison} THEN RAISE 'no'; END IF; RETURN NEW; END $$
    """)
    execute("CREATE TRIGGER refuse BEFORE UPDATE ON speaker FOR EACH ROW EXECUTE FUNCTION refuse()")
    try:
        resolve_podcasts()
    finally:
        execute("DROP TRIGGER refuse ON speaker")
        execute("DROP FUNCTION refuse")
    assert (who(poison, "Jane"), who(good, "Jane")) == (None, "Jane Doe")
    assert rows("SELECT 1 FROM podcast_speaker_state WHERE podcast_id = :id", id=podcast)


def test_failed_precheck_resolves_all_episodes_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    podcast = in_transaction(add_podcast)
    first = ingested(podcast, "Jane: Hello.")
    for _ in range(2):
        ingested(podcast, "Jane Doe: Hello.")

    def crash(*_: object) -> list[int]:
        raise ValueError("a bug")

    monkeypatch.setattr("tasks.speakers.reresolve.episodes_needing_resolution", crash)
    with capture_logs() as logs:
        resolve_podcasts()
    assert [(one["event"], one.get("episodes")) for one in logs if one["log_level"] == "error"] == [
        ("precheck_failed", 3)
    ]
    assert who(first, "Jane") == "Jane Doe"
