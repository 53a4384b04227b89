"""The fetching of this process, as the settings say: one loop and client, limits by kind."""

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
    """The name under which we ask, with where to learn who we are."""
    return f"Overheard/{version('overheard')} (+{settings.contact_url})"


class SettingUnreadable(ValueError):
    """A setting of fetching means nothing; the message names it."""


def guard(settings: Settings) -> Guard:
    """Which addresses may be dialled.

    Raises:
        SettingUnreadable: the settings mean nothing; the message says which and why.
    """
    try:
        networks = parse_allowed_networks(settings.allowed_networks)
    except ValueError as error:
        raise SettingUnreadable(f"OVERHEARD_ALLOWED_NETWORKS: {error}") from error
    try:
        ports = frozenset(int(port) for port in settings.allowed_ports.split(",") if port.strip())
    except ValueError as error:
        raise SettingUnreadable(f"OVERHEARD_ALLOWED_PORTS: {error}") from error
    return Guard(allowed=networks, ports=ports)


@lru_cache(maxsize=1)
def fetch_loop() -> FetchLoop:
    """The loop and client that this process fetches with."""
    settings = get_settings()
    loop = FetchLoop(lambda: open_client(guard(settings), user_agent(settings)))
    atexit.register(loop.close)
    return loop


def feed_limits(settings: Settings) -> FetchLimits:
    """How much time and how many bytes a feed may take."""
    return FetchLimits(
        deadline_seconds=settings.fetch_deadline_seconds,
        max_wire_bytes=settings.feed_max_bytes,
        max_body_bytes=settings.feed_max_bytes,
    )


def transcript_limits(settings: Settings) -> FetchLimits:
    """How much time and how many bytes a transcript may take."""
    return FetchLimits(
        deadline_seconds=settings.fetch_deadline_seconds,
        max_wire_bytes=settings.transcript_max_bytes,
        max_body_bytes=settings.transcript_max_bytes,
    )
