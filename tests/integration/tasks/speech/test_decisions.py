"""What humans assigned survives a second transcription with other words and other cuts."""

from itertools import count

import pytest

from models import Transcript
from models.database import Session, in_transaction
from tasks.transcripts.values import Segment
from tests.factories import differences, new_episode, one, rows, spoken, store
from tests.integration.tasks.identity.test_decisions import decide, person

pytestmark = pytest.mark.usefixtures("database")

EPISODES = 15
TURN_MS = 8_000


def add_heard_transcript(session: Session, episode: int) -> None:
    session.add(
        Transcript(episode_id=episode, url="overheard:speech", source="asr", is_selected=True)
    )


def hearing(episode: int, engine: str, *, shift_ms: int = 0, step: int = 1) -> list[Segment]:
    """Two speakers in turn; another engine has other words, other cuts and other boundaries."""
    segments = []
    for turn in range(12):
        begin = turn * TURN_MS
        pieces = range(begin, begin + TURN_MS, TURN_MS // step)
        for start in pieces:
            text = f"{engine} hears sentence {start} of episode {episode}."
            end = start + TURN_MS // step
            label = f"Speaker {turn % 2 + 1}"
            segments.append(Segment(label, text, max(0, start + shift_ms), end + shift_ms))
    return segments


def assigned() -> dict[tuple[int, int], str]:
    """Who was assigned to the first and second speaker of each episode, in the order of time."""
    query = """
        SELECT s.episode_id, p.slug, min(a.start_ms) AS first FROM speaker s
        JOIN appearance a ON a.speaker_id = s.id JOIN person p ON p.id = s.person_id
        WHERE s.status = 'assigned' GROUP BY s.episode_id, p.slug ORDER BY 1, 3
    """
    numbers = {row["episode_id"]: count() for row in rows(query)}
    return {
        (row["episode_id"], next(numbers[row["episode_id"]])): row["slug"] for row in rows(query)
    }


def test_assignments_survive_another_engine_at_their_place() -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: Hi.", "Bob Jones: Hi."))
    episodes = [new_episode() for _ in range(EPISODES)]
    for episode in episodes:
        in_transaction(add_heard_transcript, episode)
        in_transaction(store, episode, hearing(episode, "One"))
        for label, slug in (("Speaker 1", "ann-smith"), ("Speaker 2", "bob-jones")):
            decide("assign", person_id=person(slug), episode_id=episode, label=label)
    before = assigned()
    assert len(before) == 2 * EPISODES
    for episode in episodes:
        in_transaction(store, episode, hearing(episode, "Two", shift_ms=700, step=4))
    assert assigned() == before
    assert one("SELECT count(*) FROM suggestion WHERE kind = 'reassign'") == 0
    assert differences() == 0


def test_assignment_without_a_clear_place_goes_to_review() -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: Hi."))
    episode = new_episode()
    in_transaction(add_heard_transcript, episode)
    in_transaction(store, episode, [Segment("Speaker 1", "Hello there.", 0, 10_000)])
    decide("assign", person_id=person("ann-smith"), episode_id=episode, label="Speaker 1")
    others = [
        Segment("Speaker 1", "Other words.", 0, 4_000),
        Segment("Speaker 2", "Still others.", 4_000, 8_000),
    ]
    in_transaction(store, episode, others)
    assert assigned() == {}
    assert one("SELECT count(*) FROM suggestion WHERE kind = 'reassign' AND state = 'open'") == 1


def test_assignment_in_a_published_transcript_is_carried_by_text_alone() -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: Hi."))
    episode = new_episode(transcripts=["https://example.com/1.vtt"])
    in_transaction(store, episode, [Segment("Speaker 1", "Hello there.", 0, 10_000)])
    decide("assign", person_id=person("ann-smith"), episode_id=episode, label="Speaker 1")
    in_transaction(store, episode, [Segment("Speaker 1", "An advertisement.", 0, 10_000)])
    assert assigned() == {}
