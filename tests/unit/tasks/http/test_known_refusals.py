"""What the guard will say of a URL is known without resolving names, or left open."""

import pytest

from tasks.http.ip_rules import parse_allowed_networks
from tasks.http.known_refusals import known_refusal, needs_allowed_network
from tasks.http.ssrf_guard import Guard

NONE = Guard()
LOOPBACK = Guard(parse_allowed_networks("127.0.0.1/32:9000"))


@pytest.mark.parametrize(
    ("origin", "guard", "reason"),
    [
        ("https://media.example", NONE, None),
        ("https://media.example:8443", NONE, None),
        ("https://media.example:9000", NONE, "port_refused"),
        ("https://media.example:9000", LOOPBACK, None),
        ("http://10.0.0.5", NONE, "address_refused"),
        ("http://[::1]:8080", NONE, "address_refused"),
        ("http://localhost:9000", NONE, "address_refused"),
        ("http://localhost:9000", LOOPBACK, None),
        ("http://127.0.0.1:9000", LOOPBACK, None),
        ("http://127.0.0.1:9001", LOOPBACK, "address_refused"),
        ("http://8.8.8.8", LOOPBACK, None),
    ],
)
def test_known_refusal_is_the_guards(origin: str, guard: Guard, reason: str | None) -> None:
    refused = known_refusal(origin, guard)
    assert (refused.reason if refused else None) == reason


@pytest.mark.parametrize(
    ("origin", "needed"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://127.0.0.1:9001", False),
        ("https://media.example", False),
        ("http://8.8.8.8", False),
    ],
)
def test_needs_allowed_network_only_for_what_it_allows(origin: str, needed: bool) -> None:
    assert needs_allowed_network(origin, LOOPBACK) is needed
