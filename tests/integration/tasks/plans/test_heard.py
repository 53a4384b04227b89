"""Hours of audio under a plan: charged once, and no more requested than the plan has."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from models import SpeechMode, get_settings
from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import create_key
from tasks.plans.plan_file import plans_of_service
from tasks.plans.quotas import HOUR_MS, month_of
from tasks.plans.store.assignments import assign_plan
from tasks.plans.store.heard import heard_ms_in, record_heard
from tasks.plans.store.usage import billing
from tasks.speech.store.choices import choose_speech
from tasks.speech.store.due import request_due
from tests.factories import add_episode, add_podcast, execute, one, rows
from tests.paths import DATA

NOW = datetime.now(UTC)
MINUTES = 60_000


@pytest.fixture
def holder(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A key under the plan `free`, which has an hour of audio a month."""
    del database
    monkeypatch.setenv("OVERHEARD_PLANS", str(DATA / "plans" / "plans.toml"))
    monkeypatch.setenv("OVERHEARD_SPEECH_WAITING_JOBS", "10")
    get_settings.cache_clear()
    plans_of_service.cache_clear()
    in_transaction(lambda s: create_key(s, "reader", ("read",), database_time(s)))
    yield str(one("SELECT 'key:' || max(id) FROM api_key"))
    plans_of_service.cache_clear()
    get_settings.cache_clear()


def podcast_with(*minutes: int, charged_to: str = "") -> list[int]:
    """A podcast with an episode of each length, the first one the newest; their ids."""
    podcast = in_transaction(add_podcast)
    in_transaction(choose_speech, podcast, SpeechMode.if_missing, charged_to=charged_to)
    return [_episode(podcast, days, length) for days, length in enumerate(minutes)]


def _episode(podcast: int, days: int, minutes: int) -> int:
    """An episode with audio, published so many days ago."""
    episode = in_transaction(add_episode, podcast)
    execute(
        "UPDATE episode SET duration_ms = :ms, audio_url = 'https://a.example/',"
        " published_at = :at, stats_date = :at WHERE id = :id",
        ms=minutes * MINUTES,
        at=NOW - timedelta(days=days),
        id=episode,
    )
    return episode


def requested() -> set[int]:
    """Request what is due; the episodes that have a job."""
    in_transaction(lambda s: request_due(s, get_settings(), database_time(s)))
    return {row["subject"] for row in rows("SELECT subject FROM job WHERE kind = 'transcribe'")}


def transcribe(episode: int, minutes: int, at: datetime = NOW) -> None:
    """End the transcription of an episode."""
    execute(
        "INSERT INTO transcription (episode_id, job_id, stage, audio_ms, started_at)"
        " VALUES (:id, 1, 'attribute', :ms, now())"
        " ON CONFLICT (episode_id) DO UPDATE SET audio_ms = excluded.audio_ms",
        id=episode,
        ms=minutes * MINUTES,
    )
    execute("UPDATE job SET state = 'done' WHERE subject = :id", id=episode)
    in_transaction(record_heard, episode, at)


def test_episodes_that_begin_within_the_hours_are_requested(holder: str) -> None:
    charged = podcast_with(40, 40, 40, charged_to=holder)
    free = podcast_with(90, 90)
    assert requested() == {*charged[:2], *free}


def test_waiting_episodes_reserve_their_hours(holder: str) -> None:
    charged = podcast_with(40, 40, charged_to=holder)
    requested()
    later = podcast_with(5, charged_to=holder)
    assert requested() == set(charged)
    transcribe(charged[0], 20)
    transcribe(charged[1], 30)
    assert requested() == {*charged, *later}


def test_hours_begin_again_with_the_month(holder: str) -> None:
    charged = podcast_with(60, charged_to=holder)
    transcribe(charged[0], 60, NOW)
    waiting = podcast_with(10, charged_to=holder)
    assert requested() == set()
    execute("UPDATE heard_audio SET month = month - interval '1 month'")
    assert requested() == set(waiting)


def test_plan_without_limit_is_not_limited(holder: str) -> None:
    in_transaction(assign_plan, holder, "pro")
    charged = podcast_with(90, 90, 90, charged_to=holder)
    assert requested() == set(charged)


def test_service_without_plans_limits_nothing(holder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVERHEARD_PLANS")
    get_settings.cache_clear()
    plans_of_service.cache_clear()
    charged = podcast_with(90, 90, charged_to=holder)
    assert requested() == set(charged)


def test_episode_is_charged_once_and_for_good(holder: str) -> None:
    episode = podcast_with(40, charged_to=holder)[0]
    transcribe(episode, 40)
    transcribe(episode, 50, NOW + timedelta(days=40))
    assert in_transaction(heard_ms_in, holder, month_of(NOW)) == 40 * MINUTES
    assert one("SELECT count(*) FROM heard_audio") == 1


def test_audio_that_nobody_pays_for_is_not_charged(holder: str) -> None:
    transcribe(podcast_with(40)[0], 40)
    assert in_transaction(heard_ms_in, holder, month_of(NOW)) == 0
    assert in_transaction(billing, month_of(NOW)) == []


def test_audio_is_billed_beside_requests(holder: str) -> None:
    transcribe(podcast_with(90, charged_to=holder)[0], 90)
    month: date = month_of(NOW)
    billed = [(row.holder, row.requests, row.audio_ms) for row in in_transaction(billing, month)]
    assert billed == [(holder, 0, int(1.5 * HOUR_MS))]
