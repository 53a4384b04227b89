"""Check of traces and error reports: which are on, and whether they can be sent from here."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from models import get_settings
from tasks.http.redaction import public_url
from workers.doctor.values import Finding, note, or_ok
from workers.telemetry.start import is_installed, traces_url

CONNECT_SECONDS = 3.0
_CHECK = "telemetry"


def check_telemetry() -> Iterator[Finding]:
    """Name what is on; nothing while both are off."""
    settings = get_settings()
    if settings.otlp_endpoint:
        url = traces_url(settings)
        where, found = "OpenTelemetry", _findings("OVERHEARD_OTLP_ENDPOINT", "opentelemetry", url)
        yield from or_ok(_CHECK, where, f"traces are sent to {public_url(url)}", found)
    if settings.sentry_dsn:
        url = settings.sentry_dsn.get_secret_value()
        found = _findings("OVERHEARD_SENTRY_DSN", "sentry", url)
        yield from or_ok(_CHECK, "Sentry", f"errors are reported to {public_url(url)}", found)


def _findings(setting: str, extra: str, url: str) -> Iterator[Finding]:
    if not is_installed(extra):
        message = f"{setting} is set, and the extra `{extra}` is missing on this machine"
        yield note(_CHECK, setting, message, f"pip install 'overheard[{extra}]'")
        return
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS).close()
    except OSError as error:
        message = f"{parts.hostname}:{port} cannot be reached: {error.strerror or error}"
        advice = f"check that it runs, and that {setting} is right; only telemetry is lost"
        yield note(_CHECK, setting, message, advice)
