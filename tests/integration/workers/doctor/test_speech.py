"""The doctor says what speech to text lacks, and is silent while it is off."""

import importlib.util
from pathlib import Path

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tests.factories import NOW, execute, new_episode
from workers.doctor.speech import check_speech

IS_INSTALLED = importlib.util.find_spec("faster_whisper") is not None


@pytest.fixture(autouse=True)
def speech(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Speech to text turned on, with a folder of models that is empty."""
    del database
    monkeypatch.setenv("OVERHEARD_SPEECH", "true")
    monkeypatch.setenv("OVERHEARD_SPEECH_MODELS", str(tmp_path))
    get_settings.cache_clear()
    return tmp_path


def messages() -> list[tuple[str, str]]:
    return [(one.state, one.message) for one in check_speech()]


def test_speech_that_is_off_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_SPEECH", "false")
    get_settings.cache_clear()
    assert messages() == []


def test_each_missing_model_is_named_with_its_place(speech: Path) -> None:
    for name in ("small", "segmentation-3.0", "campplus-zh-en"):
        (found,) = [message for _, message in messages() if repr(name) in message]
        assert str(speech / name) in found
    (speech / "small").mkdir()
    for name in ("segmentation-3.0", "campplus-zh-en"):
        (speech / f"{name}.onnx").touch()
    assert not [message for _, message in messages() if "no model" in message]


def test_model_of_an_endpoint_is_not_expected_here(
    speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del speech
    monkeypatch.setenv("OVERHEARD_SPEECH_ENGINE", "endpoint")
    monkeypatch.setenv("OVERHEARD_SPEECH_MODEL", "whisper-1")
    get_settings.cache_clear()
    assert not [message for _, message in messages() if "whisper-1" in message]


@pytest.mark.skipif(IS_INSTALLED, reason="the extra `speech` is installed here")
def test_missing_extra_is_named() -> None:
    (found,) = [message for _, message in messages() if message.startswith("the extra")]
    assert found == "the extra `speech` is missing: no av, faster_whisper, sherpa_onnx"


@pytest.mark.parametrize("reason", ["model_missing", "speech_not_installed"])
def test_workers_that_lack_something_are_a_problem(reason: str) -> None:
    in_transaction(request_jobs, "transcribe", [new_episode()], NOW)
    assert "problem" not in dict(messages())
    execute("UPDATE job SET outcome = 'failed', reason = :reason", reason=reason)
    assert ("problem", f"transcriptions that failed with {reason}: 1") in messages()
