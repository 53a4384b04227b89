"""What later episodes tell of earlier ones is taken in by itself, and only where it matters."""

import pytest
from structlog.testing import capture_logs

from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tasks.speakers.reresolve import resolve_podcasts
from tasks.speakers.store.evidence import begin_resolving
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

pytestmark = pytest.mark.usefixtures("database")


def read(podcast_id: int, *turns: str) -> int:
    """An episode that a job has read."""
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


def to_decide(podcast_id: int) -> list[int]:
    return in_transaction(begin_resolving, podcast_id)[1]


def test_a_first_name_of_the_first_episode_is_known_when_its_regulars_are() -> None:
    podcast = in_transaction(add_podcast)
    first = read(podcast, "Jane: Hello.", "Bo Roe: Hi.")
    resolve_podcasts()
    assert who(first, "Jane") is None
    for _ in range(2):
        read(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.")
    assert resolve_podcasts() > 0
    assert who(first, "Jane") == "Jane Doe"
    assert resolve_podcasts() == 0
    assert differences() == 0


def test_an_episode_more_of_a_podcast_that_is_known_has_no_other_decided_again() -> None:
    podcast = in_transaction(add_podcast)
    for _ in range(6):
        read(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.")
    resolve_podcasts()
    assert to_decide(podcast) == []
    another = read(podcast, "Jane Doe: Hello.", "Bo Roe: Hi.", "Ann Guest: Thanks.")
    assert to_decide(podcast) == [another]


def test_what_the_time_was_too_short_for_is_done_at_the_next_tick() -> None:
    podcast = in_transaction(add_podcast)
    episodes = [read(podcast, "Jane Doe: Hello.") for _ in range(3)]
    execute("UPDATE job SET finished_at = finished_at - interval '1 hour'")
    resolve_podcasts(within_seconds=-1)
    assert to_decide(podcast) == episodes
    assert in_transaction(podcasts_due_for_quarantine) == [podcast]
    resolve_podcasts()
    assert to_decide(podcast) == []
    assert in_transaction(podcasts_due_for_quarantine) == []


def test_one_episode_that_cannot_be_decided_does_not_stop_the_others() -> None:
    podcast = in_transaction(add_podcast)
    poison = read(podcast, "Jane: Hello.")
    good = read(podcast, "Jane: Hello.")
    for _ in range(2):
        read(podcast, "Jane Doe: Hello.")
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


def test_where_they_cannot_be_looked_at_together_all_are_decided_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    podcast = in_transaction(add_podcast)
    first = read(podcast, "Jane: Hello.")
    for _ in range(2):
        read(podcast, "Jane Doe: Hello.")

    def crash(*_: object) -> list[int]:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr("tasks.speakers.reresolve.decided_otherwise", crash)
    with capture_logs() as logs:
        resolve_podcasts()
    assert [(one["event"], one.get("episodes")) for one in logs if one["log_level"] == "error"] == [
        ("precheck_failed", 3)
    ]
    assert who(first, "Jane") == "Jane Doe"
