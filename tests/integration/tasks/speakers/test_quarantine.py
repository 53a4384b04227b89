"""Quarantine in the database: judged together, whatever came first, and released for good."""

import random
from typing import Any

import pytest
from sqlmodel import Session

from models import get_settings
from models.database import in_transaction
from models.queries.identity import quarantined
from tasks.identity import decisions as identify
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

HOST = ["Jane Host: Welcome to the news.", "Jane Host: And now.", "Jane Host: Hear this.",
        "Jane Host: That was it."]  # fmt: skip
VOICES = [
    f"{first} {last}"
    for first in ("Homer", "Darth", "Brad", "Monty")
    for last in ("A Le", "Pitt", "Orr")
]


def news(podcast: int, voice: str, title: str = "The news") -> int:
    episode = in_transaction(add_episode, podcast, title=title)
    in_transaction(store, episode, spoken(*HOST, f"{voice}: A clip of {voice}."))
    return episode


def judge(*podcasts: int) -> None:
    for podcast in podcasts:
        in_transaction(apply_quarantine_rules, podcast, NOW)


def held() -> dict[str, tuple[str, str]]:
    query = "SELECT label, status, status_reason FROM speaker WHERE label <> 'Jane Host'"
    return {row["label"]: (row["status"], row["status_reason"]) for row in rows(query)}


def counted() -> list[str]:
    query = "SELECT slug FROM person WHERE appearances > 0 ORDER BY slug"
    return [row["slug"] for row in rows(query)]


CLIP = ("quarantined", "short_clips")


def test_voices_of_clips_in_a_podcast_that_plays_them_count_for_nobody() -> None:
    podcast = in_transaction(add_podcast)
    for voice in VOICES:
        news(podcast, voice)
    judge(podcast)
    assert held() == dict.fromkeys(VOICES, CLIP)
    assert counted() == ["jane-host"]
    assert differences() == 0


def test_who_is_named_around_the_episode_or_is_heard_elsewhere_counts() -> None:
    podcast, other = (in_transaction(add_podcast) for _ in range(2))
    for voice in VOICES:
        news(podcast, voice)
    news(podcast, "Ann Smith", title="With Ann Smith")
    news(podcast, "Bob Jones")
    in_transaction(store, in_transaction(add_episode, other), spoken("Bob Jones: I am here."))
    judge(podcast, other)
    assert held() | dict.fromkeys(VOICES, CLIP) == held()
    assert counted() == ["ann-smith", "bob-jones", "jane-host"]


@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_order_episodes_come_the_same_is_held_back(seed: int) -> None:
    podcast, other = (in_transaction(add_podcast) for _ in range(2))
    voices = [*VOICES, "Bob Jones", *["Cat Moore"] * 5]
    random.Random(seed).shuffle(voices)  # noqa: S311
    for number, voice in enumerate(voices):
        news(podcast, voice)
        if number == seed:
            in_transaction(store, in_transaction(add_episode, other), spoken("Bob Jones: Hi."))
            judge(podcast)
    judge(podcast, other)
    assert held() == dict.fromkeys(VOICES, CLIP) | dict.fromkeys(
        ["Bob Jones", "Cat Moore"], ("counted", "")
    )
    before = rows("SELECT id, xmin::text FROM speaker ORDER BY id")
    judge(podcast, other)
    assert rows("SELECT id, xmin::text FROM speaker ORDER BY id") == before


def test_a_release_and_a_hold_outlive_ingests_and_judgements() -> None:
    podcast = in_transaction(add_podcast)
    episodes = [news(podcast, voice) for voice in VOICES]
    judge(podcast)
    homer = one("SELECT matched_person_id FROM speaker WHERE label = :label", label=VOICES[0])
    said: Any = {"now": NOW, "person_id": homer}
    release = in_transaction(identify.release, "ann", "she was a guest", **said)
    jane = one("SELECT id FROM person WHERE slug = 'jane-host'")
    quarantine = in_transaction(identify.quarantine, "ann", "a robot", person_id=jane, now=NOW)
    after = held()
    assert after[VOICES[0]] == ("counted", "release")
    for episode, voice in zip(episodes, VOICES, strict=True):
        in_transaction(store, episode, spoken(*HOST, f"{voice}: A clip of {voice}."))
        in_transaction(_resolve, episode)
    judge(podcast)
    assert held() == after
    assert len(counted()) == 1
    assert {row.slug for row in in_transaction(quarantined)} >= {"jane-host"}
    for event in (release, quarantine):
        in_transaction(identify.undo, "ann", "", event_id=event.id, now=NOW)
    assert held() == dict.fromkeys(VOICES, CLIP)
    assert counted() == ["jane-host"]
    assert differences() == 0


def _resolve(session: Session, episode: int) -> None:
    lock_episode(session, episode)
    resolve_episode(session, episode)


def test_a_new_name_in_many_podcasts_on_one_day_counts_in_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OVERHEARD_QUARANTINE_NEW_NAME_PODCASTS", "3")
    get_settings.cache_clear()
    podcasts = [in_transaction(add_podcast) for _ in range(3)]
    for podcast in podcasts:
        in_transaction(store, in_transaction(add_episode, podcast), spoken("Ann Smith: Hello."))
    judge(podcasts[0])
    assert {row["status_reason"] for row in rows("SELECT status_reason FROM speaker")} == {
        "new_name_on_many_podcasts"
    }
    assert counted() == []
    assert differences() == 0


def test_a_transcript_in_another_language_than_its_podcast_counts_for_nobody() -> None:
    podcast = in_transaction(add_podcast)
    execute("UPDATE podcast SET language = 'en-US'")
    episode = in_transaction(add_episode, podcast, transcripts=["https://x.example/t.vtt"])
    in_transaction(store, episode, spoken("Ann Smith: Hallo."))
    execute("UPDATE transcript SET is_selected = true, language = 'de'")
    judge(podcast)
    assert held() == {"Ann Smith": ("quarantined", "language_mismatch")}


def test_podcasts_in_which_something_was_read_are_judged_and_suggested_about() -> None:
    podcast = in_transaction(add_podcast)
    in_transaction(add_podcast)
    episodes = [news(podcast, voice) for voice in (*VOICES, "Gerhard Lazu", "Gehard Lazu")]
    assert in_transaction(podcasts_due_for_quarantine) == []
    in_transaction(request_jobs, "parse", episodes[:1], NOW)
    execute("UPDATE job SET state = 'done', outcome = 'ran', finished_at = clock_timestamp()")
    assert in_transaction(podcasts_due_for_quarantine) == [podcast]
    assert quarantine_due_podcasts() == len(VOICES) + 2
    execute("UPDATE job SET finished_at = finished_at - interval '1 hour'")
    assert in_transaction(podcasts_due_for_quarantine) == []
