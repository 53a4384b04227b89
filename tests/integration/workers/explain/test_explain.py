"""``overheard explain``: the history of an episode, a podcast or a person, and what is next."""

import pytest

from models.database import in_transaction
from models.reasons import REASONS
from tasks.identity.decisions import decide
from tests.factories import NOW, add_episode, add_podcast, execute, new_episode, one
from tests.integration.commands import Run, run
from tests.integration.tasks.ingest.test_episode import VTT, request
from tests.integration.tasks.ingest.test_episode import run as run_job
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.unit.docs.test_docs import first_cells

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def episode(publisher: FaultServer) -> int:
    """An episode that was ingested from the better of two transcripts."""
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed")
    secret = publisher.serve("/1.vtt?token=s3cretvalue", Answer(body=VTT))
    urls = [secret, publisher.url("/1.txt")]
    added = in_transaction(add_episode, podcast, title="The beginning", transcripts=urls)
    run_job(request(added))
    return added


def stages(run: Run, what: object) -> dict[str, tuple[str, str]]:
    return {
        row["stage"]: (row["state"], row["reason"])
        for row in run("explain", what, "--json").json["stages"]
    }


def test_explain_episode_covers_poll_to_people(run: Run, episode: int) -> None:
    output = run("explain", episode).printed
    for sentence in (
        f"Episode {episode}, “The beginning” of “https://podcast.example/feed”",
        "It counts for 2026-03-01.",
        "2 transcripts are known.",
        "of the parser (the current one). Its body is stored.",
        "Not selected: ",
        "was done ",
        "Appearances: 2 added.",
        "2 appearances are stored, under 2 labels (100% of them attributed to people).",
        "“Ann Smith” is Ann Smith (1 appearance), because a full name means the same person",
        "label 'Ann Smith' read as Ann Smith",
        "Next: nothing, until the feed lists another transcript.",
    ):
        assert sentence in output
    assert stages(run, episode) == {
        "poll": ("never", ""),
        "fetch": ("ran", ""),
        "parse": ("ran", ""),
        "people": ("ran", ""),
        "counts": ("ran", ""),
    }


def test_explain_hides_secrets_in_urls(run: Run, episode: int) -> None:
    shown = run("explain", episode)
    assert "/1.vtt" in shown.printed
    assert "s3cretvalue" not in shown.printed + run("explain", episode, "--json").out


def test_explain_failed_job_has_reason_and_next_step(run: Run, publisher: FaultServer) -> None:
    episode = new_episode(transcripts=[publisher.serve("/1.vtt", Answer(404))])
    job = request(episode)
    run_job(job)
    output = run("explain", episode).printed
    assert "because there is nothing at this URL" in output
    assert "Next: it is retried " in output
    assert f"`overheard jobs retry {job}`" in output
    assert stages(run, episode)["fetch"] == ("failed", "http_404")
    assert stages(run, episode)["parse"] == ("never", "http_404")

    execute("UPDATE job SET state = 'dead', outcome = 'dead'")
    assert "nothing happens by itself" in run("explain", episode).printed
    assert stages(run, episode)["fetch"] == ("dead", "http_404")


def test_explain_parse_failure_is_no_fetch_failure(run: Run, publisher: FaultServer) -> None:
    episode = new_episode(transcripts=[publisher.serve("/1.vtt", Answer(body=b"\x00" * 64))])
    run_job(request(episode))
    assert "because the transcript is not text" in run("explain", episode).printed
    assert stages(run, episode)["fetch"] == ("ran", "")
    assert stages(run, episode)["parse"] == ("dead", "binary")


@pytest.mark.parametrize(
    ("change", "next_step"),
    [
        ("SELECT 1", "Next: its message is published as soon as the queue has room."),
        ("UPDATE job SET published_at = now()", "Next: a worker of the queue parse takes its"),
        (
            "UPDATE job SET state = 'running', lease_expires_at = now() + interval '5 h'",
            "the sweeper starts it again in 5 hours",
        ),
        (
            "UPDATE job SET state = 'running', lease_expires_at = now() - interval '1 s'",
            "Next: its lease has expired, and the sweeper starts it again.",
        ),
        (
            "INSERT INTO queue_pause VALUES ('parse', 'paused', now(), 'ann@host')",
            "Next: nothing while the queue parse is paused (by ann@host",
        ),
    ],
)
def test_explain_open_job_has_next_step(run: Run, change: str, next_step: str) -> None:
    episode = new_episode(transcripts=["https://publisher.example/1.vtt"])
    request(episode)
    execute(change)
    assert next_step in run("explain", episode).printed


def test_explain_episode_without_transcript(run: Run) -> None:
    output = run("explain", new_episode()).printed
    assert "The feed lists no transcript, so nothing is counted." in output
    assert "Next: it is ingested as soon as the feed lists a transcript." in output


@pytest.mark.parametrize(
    ("change", "command"),
    [
        ("UPDATE transcript SET parser_version = 0 WHERE is_selected", "--stage parse"),
        ("UPDATE speaker SET version = 0", "--stage people"),
    ],
)
def test_explain_outdated_episode_names_reingest_command(
    run: Run, episode: int, change: str, command: str
) -> None:
    execute(change)
    assert f"`overheard reingest episode:{episode} {command}`" in run("explain", episode).printed


def test_explain_reports_drift_of_counts(run: Run, episode: int) -> None:
    execute("DELETE FROM appearance WHERE text = 'Hi.'")
    assert "The counts are wrong" in run("explain", episode).printed
    assert stages(run, episode)["counts"] == ("failed", "drift")
    execute("UPDATE person SET appearances = 9")
    output = run("explain", "Ann Smith").printed
    assert "9 appearances counted, 1 stored" in output
    assert "`overheard reingest person:ann-smith --stage counts`" in output


def test_explain_podcast_covers_feed_and_episodes(run: Run, episode: int) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=episode)
    in_transaction(add_episode, podcast)
    execute(
        "UPDATE crawl SET polled_at = now() - interval '5 hours', last_ok_at = now(), "
        "last_status = 304, next_poll_reason = 'rhythm', next_poll_at = now() + interval '9 hours'"
    )
    for what in (f"podcast:{podcast}", "https://podcast.example/feed"):
        output = run("explain", what).printed
        for sentence in (
            "It is followed.",
            "(5 hours ago), succeeded (304 Not Modified).",
            "2 episodes are known: 1 ingested and 1 without a transcript.",
            "2 appearances in 1 episode, 100% of them attributed to 2 people.",
            "(in 9 hours), because that fits its publishing pattern.",
        ):
            assert sentence in output
    assert stages(run, f"podcast:{podcast}") == {"poll": ("ran", "")}


def test_explain_failing_feed_has_reason_and_start(run: Run, episode: int) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=episode)
    execute(
        "UPDATE crawl SET polled_at = now(), last_error_reason = 'http_503', last_error = "
        "'the server answered 503', error_count = 4, failing_since = now() - interval '5 hours'"
    )
    output = run("explain", f"podcast:{podcast}").printed
    assert (
        "failed, because the server reports an internal error (503): the server answered 503."
        in output
    )
    assert "That is 4 failures in a row, since " in output
    assert "(5 hours ago); the last success was never." in output
    execute("UPDATE podcast SET state = 'paused'")
    execute("UPDATE crawl SET next_poll_at = NULL")
    assert (
        "`overheard podcasts resume` polls it again."
        in run("explain", f"podcast:{podcast}").printed
    )
    assert stages(run, f"podcast:{podcast}") == {"poll": ("failed", "http_503")}


def test_explain_podcast_groups_dead_episodes_by_reason(run: Run, publisher: FaultServer) -> None:
    podcast = in_transaction(add_podcast)
    for name in ("a", "b"):
        url = publisher.serve(f"/{name}.vtt", Answer(body=b"\x00" * 64))
        run_job(request(in_transaction(add_episode, podcast, transcripts=[url])))
    output = run("explain", f"podcast:{podcast}").printed
    assert (
        "2 episodes are dead, because the transcript is not text (binary): for example episode"
        in output
    )
    assert f"`overheard jobs list --state dead --podcast {podcast}`" in output


def test_explain_person_by_name_or_slug(run: Run, episode: int) -> None:
    del episode
    for what in ("ann-smith", "Ann Smith", "person:ann-smith"):
        output = run("explain", what).printed
        for sentence in (
            "Ann Smith (ann-smith): 1 appearance in 1 episode of 1 podcast, from 2026-03-01",
            "Everywhere, “ann smith” means them.",
            "As “Ann Smith” they have 1 appearance in 1 episode, because a full name",
            "Their counts agree with the stored appearances.",
            "Next: nothing; new transcripts add to their counts.",
        ):
            assert sentence in output


def test_explain_decision_has_actor_and_reason(run: Run, episode: int) -> None:
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
            episode_id=episode,
            label="Bob Jones",
            now=NOW,
        )
    )
    output = run("explain", episode).printed
    assert "“Bob Jones” is Ann Smith (1 appearance), as decided by eve@host on 2026-" in output
    assert ": I know her voice." in output
    assert "eve@host decided on 2026-" in run("explain", "Ann Smith").printed
    in_transaction(
        lambda session: decide(
            session, "suppress", "eve@host", "asked us to", person_id=bob, now=NOW
        )
    )
    assert "asked us to" in run("explain", "person:bob-jones").printed


def test_explain_unknown_subject_fails(run: Run) -> None:
    for what in (7, "podcast:7", "https://nowhere.example/feed", "Nobody Here", "episode:x"):
        assert run("explain", what).code == 1


def test_every_reason_with_texts_is_documented() -> None:
    documented = set(first_cells("Reason codes"))
    assert {code for code in REASONS if not code.startswith("http_")} <= documented
