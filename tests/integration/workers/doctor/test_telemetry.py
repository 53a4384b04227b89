"""The doctor names the telemetry that is on, and what it lacks."""

import sys

import pytest

from models import get_settings
from tests.servers.collector import collector
from workers.doctor.telemetry import check_telemetry
from workers.doctor.values import Finding


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_OTLP_ENDPOINT", "http://ann:s3cret@127.0.0.1:1")
    monkeypatch.setenv("OVERHEARD_SENTRY_DSN", "http://s3cret@127.0.0.1:1/7")
    get_settings.cache_clear()


def findings() -> list[Finding]:
    found = list(check_telemetry())
    assert "s3cret" not in str(found)
    return found


def test_telemetry_that_is_off_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVERHEARD_OTLP_ENDPOINT")
    monkeypatch.delenv("OVERHEARD_SENTRY_DSN")
    get_settings.cache_clear()
    assert findings() == []


def test_telemetry_that_is_on_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as running:
        monkeypatch.setenv("OVERHEARD_OTLP_ENDPOINT", running.url)
        monkeypatch.setenv("OVERHEARD_SENTRY_DSN", running.dsn)
        get_settings.cache_clear()
        traces, errors = findings()
    assert (traces.state, traces.message) == ("ok", f"traces are sent to {running.url}/v1/traces")
    assert (errors.state, errors.message) == ("ok", f"errors are reported to {running.url}/1")


def test_collector_that_is_away_is_a_note() -> None:
    traces, errors = findings()
    assert (traces.state, errors.state) == ("note", "note")
    assert traces.message.startswith("127.0.0.1:1 cannot be reached")


def test_missing_extra_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("opentelemetry", "sentry_sdk"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    assert [found.advice for found in findings()] == [
        "pip install 'overheard[opentelemetry]'",
        "pip install 'overheard[sentry]'",
    ]
