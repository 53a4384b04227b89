"""Operators see how far speech to text is, how much it covers and what failed, and steer it."""

import httpx
import pytest

from models import get_settings
from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tests.factories import NOW, add_episode, add_podcast, execute, one, rows
from tests.heard_episodes import heard_episode
from tests.integration.web.accounts import enter
from tests.integration.web.metrics_page import fresh_metrics, metrics, value
from tests.integration.web.reading import Page

__all__ = ["fresh_metrics"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("operating")]

SPEECH = "/operate/speech"
HOUR_MS = 3_600_000


@pytest.fixture
def heard() -> tuple[int, int]:
    """Two transcribed episodes of a podcast; of the second one half of the speech has words."""
    podcast = in_transaction(add_podcast)
    good = heard_episode(podcast, [(0, "Hello.")], title="Good")
    poor = heard_episode(podcast, [(0, "Hello again.")], title="Poor")
    execute("UPDATE transcription SET finished_at = clock_timestamp(), spent_ms = 15000")
    execute(
        "UPDATE transcription SET covered_ms = 25000, left_out = '{\"looped_words\": 7}', "
        "endpoint_ms = :sent WHERE episode_id = :id",
        sent=2 * HOUR_MS,
        id=poor,
    )
    return good, poor


def test_every_transcribed_episode_has_its_coverage(
    client: httpx.Client, heard: tuple[int, int]
) -> None:
    del heard
    enter(client, "Ada")
    page = Page(SPEECH, client.get(SPEECH))
    assert sorted(page.texts("//table[@id='speech-coverage']//td[@class='number']/span")) == [
        "50.0 %",
        "96.0 %",
    ]
    assert "7 words (looped words)" in page.answer.text
    assert page.figures["processing hours per hour of audio"] == "0.25"
    degraded = Page(SPEECH, client.get(SPEECH, params={"degraded": True}))
    assert degraded.texts("//table[@id='speech-coverage']//th/a") == ["Poor"]


def test_failures_are_counted_by_reason(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    episodes = [in_transaction(add_episode, podcast) for _ in range(3)]
    in_transaction(request_jobs, "transcribe", episodes, NOW)
    execute("UPDATE job SET state = 'dead', outcome = 'failed', reason = 'audio_is_html'")
    execute(
        "UPDATE job SET state = 'done', outcome = 'degraded', reason = 'low_coverage' "
        "WHERE id = (SELECT max(id) FROM job)"
    )
    enter(client, "Ada")
    failures = Page(SPEECH, client.get(SPEECH))
    assert failures.texts("//h2[@id='failures']/../..//th[@scope='row']") == [
        "audio_is_html",
        "low_coverage",
    ]


def test_operator_chooses_runs_pauses_and_cancels(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast)
    execute("UPDATE episode SET audio_url = 'https://a.example/1.mp3'")
    token = {"form_token": enter(client, "Ada")}
    form = token | {"podcast": podcast, "mode": "always", "speakers": 2}
    client.post(f"{SPEECH}/podcasts", data=form)
    assert rows("SELECT mode, speakers FROM podcast_speech") == [{"mode": "always", "speakers": 2}]
    assert one("SELECT count(*) FROM job") == 0
    client.post(f"{SPEECH}/podcasts", data=form | {"action": "run"})
    assert rows("SELECT kind, subject, state FROM job") == [
        {"kind": "transcribe", "subject": episode, "state": "waiting"}
    ]
    client.post(SPEECH, data=token | {"action": "pause"})
    assert ">Resume<" in client.get(SPEECH).text
    client.post(SPEECH, data=token | {"action": "resume"})
    assert ">Pause<" in client.get(SPEECH).text
    client.post(SPEECH, data=token | {"action": "cancel"})
    assert rows("SELECT state, reason FROM job") == [{"state": "done", "reason": "cancelled"}]
    unknown = client.post(f"{SPEECH}/podcasts", data=form | {"podcast": podcast + 1})
    assert unknown.status_code == 404


@pytest.mark.usefixtures("fresh_metrics")
def test_metrics_have_speed_coverage_failures_and_cost(
    client: httpx.Client, heard: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_SPEECH_ENDPOINT_PRICE", "0.36")
    get_settings.cache_clear()
    in_transaction(request_jobs, "transcribe", [heard[0]], NOW)
    execute("UPDATE episode SET duration_ms = :hour", hour=HOUR_MS)
    waiting = metrics(client)
    execute("UPDATE job SET state = 'dead', reason = 'audio_is_html' WHERE kind = 'transcribe'")
    seen = metrics(client)
    assert value(seen, "overheard_speech_realtime_factor") == 0.25
    assert value(seen, "overheard_speech_coverage") == pytest.approx((48 + 25) / 100)
    assert value(seen, "overheard_speech_endpoint_seconds_total") == 7200
    assert value(seen, "overheard_speech_cost") == pytest.approx(0.72)
    assert value(waiting, "overheard_speech_audio_seconds", state="left") == 3600
    assert value(seen, "overheard_speech_audio_seconds", state="done") == 120
    assert value(seen, "overheard_speech_failures", reason="audio_is_html") == 1
    get_settings.cache_clear()
