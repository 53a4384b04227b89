"""Storing a transcript writes exactly what changed, and rows keep their ids."""

from typing import Any

import pytest

from models.database import in_transaction, transaction
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.values import Segment
from tests.factories import (
    differences,
    figures,
    new_episode,
    one,
    rows,
    spoken,
    store,
    transcript_of,
    writes,
)

pytestmark = pytest.mark.usefixtures("database")

TALK = spoken(
    "Ann Smith: Hello.", "Bob Jones: Hello.", "Ann Smith: How are you?", "Music", "Bob Jones: Well."
)


def stored(segments: list[Segment]) -> int:
    episode = new_episode()
    in_transaction(store, episode, segments)
    return episode


def stored_again(
    episode: int, segments: list[Segment]
) -> tuple[SegmentDifference, dict[str, tuple[int, int, int]]]:
    """Store in one transaction; returns the difference, and the rows that were written."""
    with transaction() as session:
        with writes(session) as written:
            change = store(session, episode, segments)
        return change, written


def row_of(episode: int, words: str) -> dict[str, Any]:
    query = """
        SELECT a.id, a.position, a.start_ms, a.ordinal, a.xmin::text, s.label FROM appearance a
        JOIN speaker s ON s.id = a.speaker_id WHERE a.episode_id = :id AND a.text = :words
    """
    (row,) = rows(query, id=episode, words=words)
    return row


def versions(episode: int) -> list[tuple[int, str]]:
    """Each row with the transaction that wrote its current version."""
    query = "SELECT id, xmin::text FROM appearance WHERE episode_id = :id ORDER BY id"
    return [tuple(row.values()) for row in rows(query, id=episode)]


def test_transcript_is_stored_as_a_row_for_each_segment() -> None:
    episode = stored(TALK)
    assert transcript_of(episode) == [(segment.label, segment.text) for segment in TALK]


TEXTS = ("Hello.", "Hello.", "", "Grüße, 世界 🎙️", "word " * 20_000)
TIMES = ((0, 900), (None, None), (2**31 - 1, None), (None, 5), (7, 7))


def test_texts_and_times_are_stored_as_parsed() -> None:
    segments = [
        Segment(f"Ann {number % 3}", words.strip(), start_ms, end_ms)
        for number in range(5)
        for words in TEXTS
        for start_ms, end_ms in TIMES
    ]
    episode = stored(segments)
    query = """
        SELECT s.label, a.text, a.start_ms, a.end_ms FROM appearance a
        JOIN speaker s ON s.id = a.speaker_id WHERE a.episode_id = :id ORDER BY a.position
    """
    assert [Segment(**row) for row in rows(query, id=episode)] == segments
    with transaction() as session:
        assert store(session, episode, segments).unchanged == len(segments)


def test_first_store_writes_each_speaker_once_with_its_status() -> None:
    episode = new_episode()
    with transaction() as session, writes(session) as written:
        store(session, episode, spoken("Ann Smith: Hello.", "Speaker 7: Hi.", "Bob Jones: Bye."))
    assert written["speaker"] == (3, 0, 0)
    assert [row["status"] for row in rows("SELECT status FROM speaker ORDER BY label")] == [
        "counted",
        "counted",
        "unknown",
    ]


def test_same_segments_again_write_nothing() -> None:
    episode = stored(TALK)
    before = versions(episode)
    change, written = stored_again(episode, TALK)
    assert written == {}
    assert change.unchanged == len(TALK)
    assert versions(episode) == before


def test_edited_segment_is_one_delete_and_one_insert() -> None:
    episode = stored(TALK)
    edited = [*TALK[:2], TALK[2]._replace(text="How do you do?"), *TALK[3:]]
    _, written = stored_again(episode, edited)
    assert written == {
        "appearance": (1, 0, 1),
        "speaker": (0, 1, 0),  # its number of characters
        "change_log": (0, 1, 0),  # one entry of the change log
    }
    assert transcript_of(episode)[2] == ("Ann Smith", "How do you do?")


def test_rows_of_a_relabelled_speaker_move_with_their_ids() -> None:
    episode = stored(TALK)
    ids = one("SELECT array_agg(id ORDER BY id) FROM appearance")
    relabelled = [s._replace(label="Eve Brown") if s.label == "Bob Jones" else s for s in TALK]
    change, written = stored_again(episode, relabelled)
    assert written["appearance"] == (0, 2, 0)
    assert change.moved == 2
    assert one("SELECT array_agg(id ORDER BY id) FROM appearance") == ids
    assert [label for label, _ in transcript_of(episode)].count("Eve Brown") == 2
    assert figures()["Eve Brown"][0] == 2
    assert figures()["Bob Jones"] == (0, 0, 0, 0)
    assert differences() == 0


def test_relabelled_speaker_is_deleted() -> None:
    episode = stored(TALK)
    in_transaction(store, episode, [s._replace(label="Ann Smith") for s in TALK])
    assert rows("SELECT label FROM speaker") == [{"label": "Ann Smith"}]


def test_inserted_advertisement_moves_times_and_positions() -> None:
    episode = stored(TALK)
    ids = one("SELECT array_agg(id ORDER BY position) FROM appearance")
    later = [
        Segment(s.label, s.text, 30_000 + n * 10_000, 40_000 + n * 10_000)
        for n, s in enumerate(TALK)
    ]
    change, written = stored_again(episode, [Segment("", "Buy this.", 0, 30_000), *later])
    assert written["appearance"] == (1, len(TALK), 0)
    assert (len(change.inserted), change.moved, len(change.deleted)) == (1, 0, 0)
    assert one("SELECT array_agg(id ORDER BY position) FROM appearance")[1:] == ids
    assert row_of(episode, "Well.")["start_ms"] == 70_000


def test_equal_texts_have_different_ordinals() -> None:
    episode = stored(spoken("Ann Smith: Yes.", "Ann Smith: Yes.", "Ann Smith: Yes."))
    assert one("SELECT array_agg(ordinal ORDER BY position) FROM appearance") == [0, 1, 2]
    assert figures()["Ann Smith"][0] == 3
    del episode


def test_removing_one_of_equal_texts_deletes_one_row() -> None:
    episode = stored(spoken("Ann Smith: Yes.", "Ann Smith: Yes.", "Ann Smith: Yes."))
    change, _ = stored_again(episode, spoken("Ann Smith: Yes.", "Ann Smith: Yes."))
    assert (len(change.inserted), len(change.deleted)) == (0, 1)
    assert figures()["Ann Smith"][0] == 2


def test_ordinal_of_a_deleted_row_is_used_again() -> None:
    episode = stored(spoken("Ann Smith: Yes.", "Bob Jones: Yes.", "Cat Moore: Yes."))
    in_transaction(store, episode, spoken("Ann Smith: Yes.", "Cat Moore: Yes."))
    in_transaction(store, episode, spoken("Ann Smith: Yes.", "Cat Moore: Yes.", "Dan Hill: Yes."))
    ordinals = one("SELECT array_agg(ordinal ORDER BY position) FROM appearance")
    assert sorted(ordinals) == [0, 1, 2]
    assert transcript_of(episode)[2] == ("Dan Hill", "Yes.")
    assert differences() == 0


def test_speakers_who_swap_equal_texts_retain_their_rows() -> None:
    episode = stored(spoken("Ann Smith: Yes.", "Bob Jones: Yes."))
    query = """
        SELECT s.label, a.id FROM appearance a JOIN speaker s ON s.id = a.speaker_id ORDER BY label
    """
    before = rows(query)
    change, written = stored_again(episode, spoken("Bob Jones: Yes.", "Ann Smith: Yes."))
    assert rows(query) == before
    assert change.moved == 0
    assert written["appearance"] == (0, 2, 0)
    assert transcript_of(episode) == [("Bob Jones", "Yes."), ("Ann Smith", "Yes.")]


def test_swapped_labels_exchange_their_rows() -> None:
    episode = stored(spoken("Ann Smith: One.", "Bob Jones: Two.", "Bob Jones: Three."))
    swapped = spoken("Bob Jones: One.", "Ann Smith: Two.", "Ann Smith: Three.")
    change, written = stored_again(episode, swapped)
    assert written["appearance"] == (0, 3, 0)
    assert change.moved == 3
    assert (figures()["Ann Smith"][0], figures()["Bob Jones"][0]) == (2, 1)
    assert differences() == 0


def test_changed_time_updates_one_row_and_speaking_time() -> None:
    episode = stored(TALK)
    before = figures()["Bob Jones"][3]
    _, written = stored_again(episode, [*TALK[:-1], TALK[-1]._replace(end_ms=55_000)])
    assert written["appearance"] == (0, 1, 0)
    assert figures()["Bob Jones"][3] == before + 5_000
    assert differences() == 0


def test_overlapping_cues_do_not_add_speaking_time_twice() -> None:
    stored([Segment("Ann Smith", "One.", 0, 2000), Segment("Ann Smith", "Two.", 1000, 3000)])
    assert figures()["Ann Smith"] == (2, 1, 1, 3000)


def test_segments_without_times_count_without_speaking_time() -> None:
    stored([Segment("Ann Smith", "One."), Segment("Ann Smith", "Two.", 5000, 4000)])
    assert figures()["Ann Smith"] == (2, 1, 1, 0)


def test_transcript_that_became_empty_counts_nothing() -> None:
    episode = stored(TALK)
    in_transaction(store, episode, [])
    assert transcript_of(episode) == []
    assert one("SELECT count(*) FROM speaker") == 0
    assert set(figures().values()) == {(0, 0, 0, 0)}
    assert differences() == 0


def test_segments_without_a_name_count_for_nobody() -> None:
    stored(spoken("Just words.", "Music: la la", "Speaker 2: Hm.", "Jerod: Hm."))
    assert figures() == {}
    assert one("SELECT count(*) FROM appearance") == 4


def test_two_labels_of_one_person_count_as_one_episode() -> None:
    stored(spoken("José García: Hola.", "JOSE GARCIA: Sí.", "Dr. José García: Bueno."))
    assert figures() == {"José García": (3, 1, 1, 30_000)}
