"""Fetch from the fault server with the real client, where only given host names exist."""

import asyncio
import socket
from ipaddress import ip_network

import pytest

from tasks.http.client import open_client
from tasks.http.fetch import fetch
from tasks.http.ip_rules import AllowedNetwork
from tasks.http.ssrf_guard import Guard
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest
from tests.servers.answers import MEGABYTE
from tests.servers.fault_server import FaultServer

LIMITS = FetchLimits(deadline_seconds=5, max_wire_bytes=MEGABYTE, max_body_bytes=MEGABYTE)
USER_AGENT = "Overheard/0.1 (+https://overheard.example/bot)"


def guard_for(*servers: FaultServer) -> Guard:
    """Return a guard that allows exactly these servers."""
    return Guard(tuple(AllowedNetwork(ip_network(s.host), s.port) for s in servers))


def loopback_hosts(*hosts: str) -> dict[str, list[str]]:
    return {host: ["127.0.0.1"] for host in hosts}


def get(
    request: FetchRequest | str,
    guard: Guard,
    limits: FetchLimits = LIMITS,
    hosts: dict[str, list[str]] | None = None,
) -> Fetched:
    """Fetch once, with ``hosts`` as the only host names that resolve."""

    def lookup(host: str, _port: int, _family: int) -> list[str]:
        try:
            return (hosts or {})[host]
        except KeyError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None

    async def fetch_once() -> Fetched:
        async with open_client(guard, USER_AGENT, lookup) as client:
            fetch_request = FetchRequest(request) if isinstance(request, str) else request
            return await fetch(client, fetch_request, limits)

    return asyncio.run(fetch_once())


def failure_of(
    request: FetchRequest | str,
    guard: Guard,
    limits: FetchLimits = LIMITS,
    hosts: dict[str, list[str]] | None = None,
) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        get(request, guard, limits, hosts)
    return failed.value
