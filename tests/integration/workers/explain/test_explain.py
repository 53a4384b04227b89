"""The story of an episode, a podcast or a person: what happened, why, and what happens next."""

import pytest

from models.database import in_transaction
from tasks.identity.decisions import decide
from tests.factories import NOW, add_episode, add_podcast, execute, new_episode, one
from tests.integration.commands import Run, run
from tests.integration.tasks.ingest.test_episode import VTT, request
from tests.integration.tasks.ingest.test_episode import run as run_job
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.unit.docs.test_docs import first_cells
from workers.explain.words import known_reasons

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def read(publisher: FaultServer) -> int:
    """An episode that was read from the better of two transcripts."""
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed")
    secret = publisher.serve("/1.vtt?token=s3cretvalue", Answer(body=VTT))
    urls = [secret, publisher.url("/1.txt")]
    episode = in_transaction(add_episode, podcast, title="The beginning", transcripts=urls)
    run_job(request(episode))
    return episode


def stages(run: Run, what: object) -> dict[str, tuple[str, str]]:
    return {
        row["stage"]: (row["state"], row["reason"])
        for row in run("explain", what, "--json").json["stages"]
    }


def test_an_episode_that_was_read_is_told_from_the_first_look_to_the_people(
    run: Run, read: int
) -> None:
    said = run("explain", read).said
    for sentence in (
        f"Episode {read}, “The beginning” of “https://podcast.example/feed”",
        "It counts for 2026-03-01.",
        "2 transcripts are known of it.",
        "(the present parser). Its bytes are kept.",
        "Not chosen: ",
        "was done ",
        "Appearances: 2 added.",
        "2 appearances are stored, under 2 labels (100% of them by people who are known).",
        "“Ann Smith” is Ann Smith (1 appearance), because a full name is one person everywhere: ",
        "label 'Ann Smith' read as Ann Smith",
        "Next: nothing. It is read again when its publisher offers another transcript",
    ):
        assert sentence in said
    assert stages(run, read) == {
        "poll": ("never", ""), "fetch": ("ran", ""), "parse": ("ran", ""), "people": ("ran", ""),
        "counts": ("ran", ""),
    }  # fmt: skip


def test_no_secret_of_an_address_is_told(run: Run, read: int) -> None:
    told = run("explain", read)
    assert "/1.vtt" in told.said
    assert "s3cretvalue" not in told.said + run("explain", read, "--json").out


def test_a_failure_is_told_with_its_reason_and_what_happens_next(
    run: Run, publisher: FaultServer
) -> None:
    episode = new_episode(transcripts=[publisher.serve("/1.vtt", Answer(404))])
    job = request(episode)
    run_job(job)
    said = run("explain", episode).said
    assert "because it is not there (404)" in said
    assert "Next: it is tried again " in said
    assert f"`overheard jobs retry {job}`" in said
    assert stages(run, episode)["fetch"] == ("failed", "http_404")
    assert stages(run, episode)["parse"] == ("never", "http_404")

    execute("UPDATE job SET state = 'dead', outcome = 'dead'")
    assert "waits for a person" in run("explain", episode).said
    assert stages(run, episode)["fetch"] == ("dead", "http_404")


def test_what_cannot_be_read_failed_at_reading_and_not_at_fetching(
    run: Run, publisher: FaultServer
) -> None:
    episode = new_episode(transcripts=[publisher.serve("/1.vtt", Answer(body=b"\x00" * 64))])
    run_job(request(episode))
    assert "because what came is no text" in run("explain", episode).said
    assert stages(run, episode)["fetch"] == ("ran", "")
    assert stages(run, episode)["parse"] == ("dead", "binary")


@pytest.mark.parametrize(
    ("change", "next_step"),
    [
        ("SELECT 1", "Next: it is sent to a worker as soon as the queue has room."),
        ("UPDATE job SET published_at = now()", "Next: a worker of the queue parse takes its"),
        (
            "UPDATE job SET state = 'running', worker = 'w', lease_expires_at = now() + interval '5 h'",
            "or its lease runs out in 5 hours",
        ),
        (
            "UPDATE job SET state = 'running', lease_expires_at = now() - interval '1 s'",
            "Next: its lease has run out, and the sweeper takes it up again.",
        ),
        (
            "INSERT INTO queue_pause VALUES ('parse', 'paused', now(), 'ann@host')",
            "Next: nothing while the queue parse is paused (by ann@host",
        ),
    ],
)
def test_what_happens_next_with_a_job_that_is_not_done(
    run: Run, change: str, next_step: str
) -> None:
    episode = new_episode(transcripts=["https://publisher.example/1.vtt"])
    request(episode)
    execute(change)
    assert next_step in run("explain", episode).said


def test_an_episode_without_a_transcript_is_told_so(run: Run) -> None:
    said = run("explain", new_episode()).said
    assert "Its publisher offers no transcript, so nothing of it is counted." in said
    assert "Next: it is read as soon as its feed offers a transcript." in said


@pytest.mark.parametrize(
    ("change", "command"),
    [
        ("UPDATE transcript SET parser_version = 0 WHERE is_selected", "--stage parse"),
        ("UPDATE speaker SET version = 0", "--stage people"),
    ],
)
def test_what_an_older_version_made_comes_with_the_command_that_makes_it_anew(
    run: Run, read: int, change: str, command: str
) -> None:
    execute(change)
    assert f"`overheard reingest --episode {read} {command}`" in run("explain", read).said


def test_drift_is_told_where_it_is(run: Run, read: int) -> None:
    execute("DELETE FROM appearance WHERE text = 'Hi.'")
    assert "The figures are wrong" in run("explain", read).said
    assert stages(run, read)["counts"] == ("failed", "drift")
    execute("UPDATE person SET appearances = 9")
    said = run("explain", "Ann Smith").said
    assert "9 appearances are kept, and the rows say 1" in said
    assert "`overheard reingest --person ann-smith --stage counts`" in said


def test_a_podcast_is_told_with_its_feed_and_its_episodes(run: Run, read: int) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=read)
    in_transaction(add_episode, podcast)
    execute(
        "UPDATE crawl SET polled_at = now() - interval '5 hours', last_ok_at = now(), "
        "last_status = 304, next_poll_reason = 'rhythm', next_poll_at = now() + interval '9 hours'"
    )
    for what in (f"podcast:{podcast}", "https://podcast.example/feed"):
        said = run("explain", what).said
        for sentence in (
            "It is followed.",
            "(5 hours ago), found it (304: nothing had changed).",
            "2 episodes are known: 1 read and counted and 1 without a transcript.",
            "2 appearances in 1 episode, 100% of them by 2 people known.",
            "(in 9 hours), because of its own rhythm.",
        ):
            assert sentence in said
    assert stages(run, f"podcast:{podcast}") == {"poll": ("ran", "")}


def test_a_failing_feed_is_told_with_its_reason_and_since_when(run: Run, read: int) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=read)
    execute(
        "UPDATE crawl SET polled_at = now(), last_error_reason = 'http_503', last_error = "
        "'the server answered 503', error_count = 4, failing_since = now() - interval '5 hours'"
    )
    said = run("explain", f"podcast:{podcast}").said
    assert "failed, because its server has trouble (503): the server answered 503." in said
    assert "That is 4 failures in a row, since " in said
    assert "(5 hours ago); it was last found never." in said
    execute("UPDATE podcast SET state = 'paused'")
    execute("UPDATE crawl SET next_poll_at = NULL")
    assert "`overheard resume` polls it again." in run("explain", f"podcast:{podcast}").said
    assert stages(run, f"podcast:{podcast}") == {"poll": ("failed", "http_503")}


def test_dead_episodes_of_a_podcast_are_told_by_reason(run: Run, publisher: FaultServer) -> None:
    podcast = in_transaction(add_podcast)
    for name in ("a", "b"):
        url = publisher.serve(f"/{name}.vtt", Answer(body=b"\x00" * 64))
        run_job(request(in_transaction(add_episode, podcast, transcripts=[url])))
    said = run("explain", f"podcast:{podcast}").said
    assert "2 episodes are dead, because what came is no text (binary): episode" in said
    assert f"`overheard jobs --state dead --podcast {podcast}`" in said


def test_a_person_is_told_by_name_or_slug(run: Run, read: int) -> None:
    del read
    for what in ("ann-smith", "Ann Smith", "person:ann-smith"):
        said = run("explain", what).said
        for sentence in (
            "Ann Smith (ann-smith): 1 appearance in 1 episode of 1 podcast, from 2026-03-01",
            "Everywhere, “ann smith” means them.",
            "As “Ann Smith” they have 1 appearance in 1 episode, because a full name",
            "Their figures are what the rows say.",
            "Next: nothing; they are counted in every transcript that comes.",
        ):
            assert sentence in said


def test_a_decision_of_a_person_is_told_with_who_made_it_and_why(run: Run, read: int) -> None:
    ann, bob = (
        one("SELECT id FROM person WHERE slug = :s", s=s) for s in ("ann-smith", "bob-jones")
    )
    in_transaction(
        lambda session: decide(
            session,
            "assign",
            "eve@host",
            "I know her voice",
            person_id=ann,
            episode_id=read,
            label="Bob Jones",
            now=NOW,
        )
    )
    said = run("explain", read).said
    assert "“Bob Jones” is Ann Smith (1 appearance), as was decided by eve@host on 2026-" in said
    assert ": I know her voice." in said
    assert "eve@host decided on 2026-" in run("explain", "Ann Smith").said
    in_transaction(
        lambda session: decide(
            session, "suppress", "eve@host", "asked us to", person_id=bob, now=NOW
        )
    )
    assert "asked us to" in run("explain", "person:bob-jones").said


def test_nothing_is_told_of_what_is_not_known(run: Run) -> None:
    for what in (7, "podcast:7", "https://nowhere.example/feed", "Nobody Here", "episode:x"):
        assert run("explain", what).code == 1


def test_every_reason_word_that_has_a_meaning_is_one_of_the_operations_page() -> None:
    documented = set(first_cells("Reason words"))
    assert {word for word in known_reasons() if not word.startswith("http_")} <= documented
