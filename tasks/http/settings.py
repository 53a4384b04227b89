"""HTTP as configured by the settings: the process-wide loop and client, the limits by kind."""

import atexit
from functools import lru_cache
from importlib.metadata import version

from models import Settings, get_settings
from tasks.http.client import open_client
from tasks.http.event_loop import FetchLoop
from tasks.http.ip_rules import parse_allowed_networks
from tasks.http.ssrf_guard import Guard
from tasks.http.values import FetchLimits


def user_agent(settings: Settings) -> str:
    """Return the User-Agent: name, version and the URL that explains the crawler."""
    return f"Overheard/{version('overheard')} (+{settings.contact_url})"


class InvalidSetting(ValueError):
    """A setting of HTTP is malformed; the message names it."""


def guard(settings: Settings) -> Guard:
    """Return the guard that decides which IP addresses may be dialled.

    Raises:
        InvalidSetting: a setting is malformed; the message says which one and why.
    """
    try:
        networks = parse_allowed_networks(settings.allowed_networks)
    except ValueError as error:
        raise InvalidSetting(f"OVERHEARD_ALLOWED_NETWORKS: {error}") from error
    return Guard(allowed=networks, ports=_allowed_ports(settings.allowed_ports))


def _allowed_ports(text: str) -> frozenset[int]:
    ports = [port.strip() for port in text.split(",") if port.strip()]
    for port in ports:
        if not port.isdecimal():
            raise InvalidSetting(f"OVERHEARD_ALLOWED_PORTS: {port[:40]!r} is no number of a port")
    return frozenset(map(int, ports))


@lru_cache(maxsize=1)
def fetch_loop() -> FetchLoop:
    """Return the loop and client of this process."""
    settings = get_settings()
    loop = FetchLoop(lambda: open_client(guard(settings), user_agent(settings)))
    atexit.register(loop.close)
    return loop


def feed_limits(settings: Settings) -> FetchLimits:
    """Return how much time and how many bytes the fetch of a feed may take."""
    return FetchLimits(
        deadline_seconds=settings.fetch_deadline_seconds,
        max_wire_bytes=settings.feed_max_bytes,
        max_body_bytes=settings.feed_max_bytes,
    )


def transcript_limits(settings: Settings) -> FetchLimits:
    """Return how much time and how many bytes the fetch of a transcript may take."""
    return FetchLimits(
        deadline_seconds=settings.fetch_deadline_seconds,
        max_wire_bytes=settings.transcript_max_bytes,
        max_body_bytes=settings.transcript_max_bytes,
    )


def audio_limits(settings: Settings) -> FetchLimits:
    """Return how much time and how many bytes the download of an audio file may take."""
    return FetchLimits(
        deadline_seconds=settings.speech_download_seconds,
        max_wire_bytes=settings.speech_audio_max_bytes,
        max_body_bytes=settings.speech_audio_max_bytes,
    )
