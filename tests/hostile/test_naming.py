"""Naming an episode that has as many labels, tags and introductions as are read at most."""

import time

import pytest

from tasks.budgets.limits import Limit
from tasks.feeds.limits import MAX_PERSONS
from tasks.speakers.evidence.introductions import read_introductions
from tasks.speakers.evidence.recurring import recurring_speakers
from tasks.speakers.match import match
from tasks.speakers.names.names import read_name
from tasks.speakers.values import Candidate, EpisodeContext
from tasks.transcripts.parse import MAX_LABELS, parse_transcript
from tasks.transcripts.values import TranscriptRefused
from tests.hostile.documents import TRANSCRIPTS, word

pytestmark = pytest.mark.slow


def full_context() -> EpisodeContext:
    """All that an episode can have, of names that begin alike."""
    tags = [
        Candidate(name, "a tag", in_episode=True)
        for n in range(MAX_PERSONS)
        if (name := read_name(f"Xena {word(n)}"))
    ]
    names = [
        (f"Xena Y{word(n).lower()}", 3, False) for n in range(3 * Limit.RECURRING_SPEAKERS.most)
    ]
    labels = [f"Speaker {n}" if n % 2 else word(n) for n in range(MAX_LABELS)]
    turns = [(label, f"Welcome Xena Z{word(n).lower()}, ") for n, label in enumerate(labels)] * 3
    return EpisodeContext(
        segment_counts=dict.fromkeys(labels, 3),
        tags=tuple(tags),
        recurring=recurring_speakers(names, [], 10),
        introductions=read_introductions(turns),
        direct_addresses=(),
    )


def test_episode_with_all_that_is_read_is_named_in_seconds() -> None:
    context = full_context()
    assert len(context.recurring) == Limit.RECURRING_SPEAKERS.most
    began = time.process_time()
    match(context)
    assert time.process_time() - began < 40  # without the limits it was minutes


def test_introductions_are_limited() -> None:
    turns = [("A", f"Welcome Ann {word(n)}. ") for n in range(3 * Limit.INTRODUCTIONS.most)]
    assert len(read_introductions(turns)) == Limit.INTRODUCTIONS.most


def test_names_far_into_a_turn_cost_no_more_than_others() -> None:
    names = "I'm Ann Bee. " * Limit.SPOKEN_NAMES.most
    began = time.process_time()
    read_introductions([("A", "so " * 1_300_000 + names), ("B", "Yes.")])
    assert time.process_time() - began < 40  # whether a quotation is open was read from the start


def test_rarest_recurring_speakers_are_left_out() -> None:
    counts = [
        (f"Ann {word(n)}", 2 + (n == 7), False) for n in range(Limit.RECURRING_SPEAKERS.most + 5)
    ]
    names = recurring_speakers(counts, [], 10)
    assert len(names) == Limit.RECURRING_SPEAKERS.most
    assert read_name(f"Ann {word(7)}").key in names  # type: ignore[union-attr]


def test_transcript_with_too_many_labels_is_refused() -> None:
    with pytest.raises(TranscriptRefused) as refused:
        parse_transcript(TRANSCRIPTS["labels of two words"](100_000).encode())
    assert refused.value.reason == "too_many_labels"
