"""Telemetry is off without its settings, and a missing extra is one line."""

import subprocess
import sys

import pytest

from models import Settings
from workers.telemetry.start import traces_url
from workers.telemetry.trace_ids import trace_id_of

LOADED = """
import sys
import web.app, workers.celery_app
from workers.telemetry.start import begin_telemetry
web.app.create_app()
begin_telemetry("worker")
heavy = ("sentry_sdk", "opentelemetry.exporter", "opentelemetry.sdk.trace", "google.protobuf")
print(*[name for name in heavy if name in sys.modules])
"""
MISSING = """
import sys
sys.modules |= {"sentry_sdk": None, "opentelemetry": None}
from workers.logging.configure import configure_logs
from workers.telemetry.start import begin_telemetry, is_tracing
configure_logs()
begin_telemetry("worker")
print(is_tracing())
"""
BOTH = {
    "OVERHEARD_OTLP_ENDPOINT": "http://127.0.0.1:1",
    "OVERHEARD_SENTRY_DSN": "http://key@127.0.0.1:1/1",
}


def run_script(script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/usr/bin:/bin", "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0"}
        | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_libraries_are_not_loaded_while_telemetry_is_off() -> None:
    assert run_script(LOADED).stdout.split() == []


def test_missing_extra_is_logged_and_stops_nothing() -> None:
    ended = run_script(MISSING, **BOTH)
    assert ended.stdout == "False\n"
    lines = [line for line in ended.stderr.splitlines() if "telemetry_not_installed" in line]
    assert ["extra=opentelemetry" in lines[0], "extra=sentry" in lines[1]] == [True, True]
    assert len(lines) == 2


@pytest.mark.parametrize(
    "endpoint",
    ["http://collector:4318", "http://collector:4318/", "http://collector:4318/v1/traces"],
)
def test_traces_go_to_the_path_of_the_standard(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_OTLP_ENDPOINT", endpoint)
    assert traces_url(Settings()) == "http://collector:4318/v1/traces"


def test_trace_id_is_the_same_in_every_process_and_for_no_other_id() -> None:
    assert trace_id_of("tick-1") == trace_id_of("tick-1") != trace_id_of("tick-2")
    assert 0 < trace_id_of("tick-1") < 2**128
