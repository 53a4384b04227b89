"""Starts and ends traces and error reports in a process, as the settings say."""

import threading
from collections.abc import Callable
from importlib.util import find_spec

import structlog

from models.settings import Settings, get_settings

# A process that ends waits no longer until what it collected is sent.
END_SECONDS = 3.0
TRACES_PATH = "/v1/traces"
# What each extra installs.
PACKAGES = {
    "opentelemetry": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    "sentry": ("sentry_sdk",),
}

log = structlog.get_logger()

# What ends each of them.
_ends: dict[str, Callable[[], None]] = {}


def begin_telemetry(process: str) -> None:
    """Begin what the settings turn on in a process of this kind; a second call does nothing.

    Without the extra that it needs, a process says so and goes on.
    """
    settings = get_settings()
    if _ends:
        return
    if settings.otlp_endpoint and _has_extra("opentelemetry"):
        from workers.telemetry.tracing import begin_tracing  # noqa: PLC0415  loads the library

        _ends["opentelemetry"] = begin_tracing(process, traces_url(settings))
    if settings.sentry_dsn and _has_extra("sentry"):
        from workers.telemetry.error_reports import begin_error_reports  # noqa: PLC0415  likewise

        dsn = settings.sentry_dsn.get_secret_value()
        _ends["sentry"] = begin_error_reports(dsn)


def end_telemetry() -> None:
    """Send what is collected, within a few seconds, and collect no more."""
    threads = [threading.Thread(target=end, daemon=True) for end in _ends.values()]
    _ends.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(END_SECONDS)


def is_tracing() -> bool:
    """Whether this process sends traces."""
    return "opentelemetry" in _ends


def traces_url(settings: Settings) -> str:
    """Where spans are sent: the URL of the setting, with the path of the standard."""
    assert settings.otlp_endpoint is not None  # noqa: S101  traces are on
    url = settings.otlp_endpoint.get_secret_value().rstrip("/")
    return url if url.endswith(TRACES_PATH) else url + TRACES_PATH


def is_installed(extra: str) -> bool:
    """Whether this machine has what an extra installs."""
    try:
        return all(find_spec(package) for package in PACKAGES[extra])
    except ModuleNotFoundError:  # the package that one of them is in
        return False


def _has_extra(extra: str) -> bool:
    if not (installed := is_installed(extra)):
        log.warning("telemetry_not_installed", extra=extra)
    return installed
