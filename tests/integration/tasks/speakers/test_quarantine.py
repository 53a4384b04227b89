"""Quarantine in the database: independent of order, and released for good."""

import random
from typing import Any

import pytest
from sqlmodel import Session

from models import get_settings
from models.database import in_transaction
from models.queries.identity import quarantined
from tasks.identity import decisions
from tasks.jobs.store import request_jobs
from tasks.speakers.reresolve import quarantine_due_podcasts
from tasks.speakers.resolve import resolve_episode
from tasks.speakers.store.attribution import apply_quarantine_rules
from tasks.speakers.store.quarantine import podcasts_due_for_quarantine
from tasks.transcripts.store import lock_episode
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

HOST = [
    "Jane Host: Welcome to the news.",
    "Jane Host: And now.",
    "Jane Host: Hear this.",
    "Jane Host: That was it.",
]
CLIP_SPEAKERS = [
    f"{first} {last}"
    for first in ("Homer", "Darth", "Brad", "Monty")
    for last in ("A Le", "Pitt", "Orr")
]


def news(podcast: int, label: str, title: str = "The news") -> int:
    episode = in_transaction(add_episode, podcast, title=title)
    in_transaction(store, episode, spoken(*HOST, f"{label}: A clip of {label}."))
    return episode


def apply_rules(*podcasts: int) -> None:
    for podcast in podcasts:
        in_transaction(apply_quarantine_rules, podcast, NOW)


def statuses() -> dict[str, tuple[str, str]]:
    query = "SELECT label, status, status_reason FROM speaker WHERE label <> 'Jane Host'"
    return {row["label"]: (row["status"], row["status_reason"]) for row in rows(query)}


def counted() -> list[str]:
    query = "SELECT slug FROM person WHERE appearances > 0 ORDER BY slug"
    return [row["slug"] for row in rows(query)]


CLIP = ("quarantined", "short_clips")


def test_clips_in_a_clip_podcast_are_quarantined() -> None:
    podcast = in_transaction(add_podcast)
    for label in CLIP_SPEAKERS:
        news(podcast, label)
    apply_rules(podcast)
    assert statuses() == dict.fromkeys(CLIP_SPEAKERS, CLIP)
    assert counted() == ["jane-host"]
    assert differences() == 0


def test_clip_of_a_named_or_otherwise_heard_person_counts() -> None:
    podcast, other = (in_transaction(add_podcast) for _ in range(2))
    for label in CLIP_SPEAKERS:
        news(podcast, label)
    news(podcast, "Ann Smith", title="With Ann Smith")
    news(podcast, "Bob Jones")
    in_transaction(store, in_transaction(add_episode, other), spoken("Bob Jones: I am here."))
    apply_rules(podcast, other)
    assert statuses() | dict.fromkeys(CLIP_SPEAKERS, CLIP) == statuses()
    assert counted() == ["ann-smith", "bob-jones", "jane-host"]


@pytest.mark.parametrize("seed", range(3))
def test_quarantine_does_not_depend_on_episode_order(seed: int) -> None:
    podcast, other = (in_transaction(add_podcast) for _ in range(2))
    labels = [*CLIP_SPEAKERS, "Bob Jones", *["Cat Moore"] * 5]
    random.Random(seed).shuffle(labels)  # noqa: S311
    for number, label in enumerate(labels):
        news(podcast, label)
        if number == seed:
            in_transaction(store, in_transaction(add_episode, other), spoken("Bob Jones: Hi."))
            apply_rules(podcast)
    apply_rules(podcast, other)
    assert statuses() == dict.fromkeys(CLIP_SPEAKERS, CLIP) | dict.fromkeys(
        ["Bob Jones", "Cat Moore"], ("counted", "")
    )
    before = rows("SELECT id, xmin::text FROM speaker ORDER BY id")
    apply_rules(podcast, other)
    assert rows("SELECT id, xmin::text FROM speaker ORDER BY id") == before


def test_release_and_quarantine_outlive_reingests() -> None:
    podcast = in_transaction(add_podcast)
    episodes = [news(podcast, label) for label in CLIP_SPEAKERS]
    apply_rules(podcast)
    homer = one(
        "SELECT matched_person_id FROM speaker WHERE label = :label", label=CLIP_SPEAKERS[0]
    )
    fields: Any = {"now": NOW, "person_id": homer}
    release = in_transaction(decisions.decide, "release", "ann", "she was a guest", **fields)
    jane = one("SELECT id FROM person WHERE slug = 'jane-host'")
    quarantine = in_transaction(
        decisions.decide, "quarantine", "ann", "a robot", person_id=jane, now=NOW
    )
    after = statuses()
    assert after[CLIP_SPEAKERS[0]] == ("counted", "release")
    for episode, label in zip(episodes, CLIP_SPEAKERS, strict=True):
        in_transaction(store, episode, spoken(*HOST, f"{label}: A clip of {label}."))
        in_transaction(_resolve, episode)
    apply_rules(podcast)
    assert statuses() == after
    assert len(counted()) == 1
    assert {row.slug for row in in_transaction(quarantined)} >= {"jane-host"}
    for decision in (release, quarantine):
        in_transaction(decisions.decide, "undo", "ann", "", decision_id=decision.id, now=NOW)
    assert statuses() == dict.fromkeys(CLIP_SPEAKERS, CLIP)
    assert counted() == ["jane-host"]
    assert differences() == 0


def _resolve(session: Session, episode: int) -> None:
    lock_episode(session, episode)
    resolve_episode(session, episode)


def test_new_name_in_many_podcasts_on_one_day_is_quarantined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OVERHEARD_QUARANTINE_NEW_NAME_PODCASTS", "3")
    get_settings.cache_clear()
    podcasts = [in_transaction(add_podcast) for _ in range(3)]
    for podcast in podcasts:
        in_transaction(store, in_transaction(add_episode, podcast), spoken("Ann Smith: Hello."))
    apply_rules(podcasts[0])
    assert {row["status_reason"] for row in rows("SELECT status_reason FROM speaker")} == {
        "new_name_on_many_podcasts"
    }
    assert counted() == []
    assert differences() == 0


def test_transcript_in_another_language_is_quarantined() -> None:
    podcast = in_transaction(add_podcast)
    execute("UPDATE podcast SET language = 'en-US'")
    episode = in_transaction(add_episode, podcast, transcripts=["https://x.example/t.vtt"])
    in_transaction(store, episode, spoken("Ann Smith: Hallo."))
    execute("UPDATE transcript SET is_selected = true, language = 'de'")
    apply_rules(podcast)
    assert statuses() == {"Ann Smith": ("quarantined", "language_mismatch")}


def test_ingested_podcasts_are_due_for_quarantine_once() -> None:
    podcast = in_transaction(add_podcast)
    in_transaction(add_podcast)
    episodes = [news(podcast, label) for label in (*CLIP_SPEAKERS, "Gerhard Lazu", "Gehard Lazu")]
    assert in_transaction(podcasts_due_for_quarantine) == []
    in_transaction(request_jobs, "parse", episodes[:1], NOW)
    execute("UPDATE job SET state = 'done', outcome = 'ran', finished_at = clock_timestamp()")
    assert in_transaction(podcasts_due_for_quarantine) == [podcast]
    assert quarantine_due_podcasts() == len(CLIP_SPEAKERS) + 2
    execute("UPDATE job SET finished_at = finished_at - interval '1 hour'")
    assert in_transaction(podcasts_due_for_quarantine) == []
