"""Requests that no browser sends: each is answered, and none with an error of the service."""

import http.client
import itertools
import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute, APIRouter

from tests.integration.web.world import ShownWorld
from web.api.app import create_api
from web.app import create_app

pytestmark = pytest.mark.slow

# As they stand in a request's first line: broken escapes, null bytes, lone surrogates, numbers
# that no row has, days that no calendar has, brackets of an IPv6 host, deep nesting.
VALUES = (
    "%",
    "%zz",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "%EF%BF%BF",
    "%0d%0aSet-Cookie:x",
    "%1b[31m",
    "%c2%85",
    "%2f..%2f..%2fetc%2fpasswd",
    "..",
    "%2e%2e",
    "-1",
    "0",
    "1",
    "9" * 19,
    "9" * 400,
    "9" * 5000,
    "1" * 30,
    "1" * 5000,
    "1e999",
    "%D9%A3",
    "%C2%B2",
    "0001-01-01",
    "9999-12-31",
    "99999-01-01",
    "2026-02-30",
    "0001-01-01.1.1",
    "2026-01-01.99999999999999999999.1",
    "2026-01-01.1.99999999999999999999",
    "9999-12-31.9223372036854775807.2147483647",
    "%D9%A3~a",
    "9999999999999999999999~a",
    "2026-01-01~99999999999999999999",
    "-~%00",
    "~",
    "1~%EF%BF%BF",
    "1~1",
    "name~9223372036854775808",
    "%D9%A3~%D9%A3",
    "%22" * 300,
    "(" * 400,
    "*",
    '%22a%20*%22',
    "%2B%2D%20NOT",
    "W10",
    "W1tbW10",
    "bnVsbA",
    "//[",
    "[::1",
    "now",
    "text/html",
)  # fmt: skip
_numbers = itertools.count()
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def test_every_route_answers_malformed_urls(world: ShownWorld) -> None:
    connection = _connect(world.url)
    failed = [
        (target, status)
        for target in _targets(world)
        if (status := _status(connection, target)) >= 500 or status == 0
    ]
    assert failed == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("Origin", value) for value in ("http://[", "null", "http://\xff", "x" * 9000)],
        *[("Cookie", value) for value in ("overheard_session=\xff", "=;=;", "a=b;" * 2000)],
        *[("Authorization", value) for value in ("Bearer \xff", "Bearer", "Basic " + "x" * 9000)],
        *[("X-Forwarded-For", value) for value in ("[", "1" * 5000, "::1%\x7f", "a, b, \xff")],
        *[("X-Forwarded-Proto", value) for value in ("https", "\xff")],
        *[("If-None-Match", value) for value in ('"' * 3000, "\xff", "W/")],
        ("Sec-Fetch-Site", "\xff"),
        ("Content-Type", "multipart/form-data; boundary=\xff"),
        ("Content-Type", "application/x-www-form-urlencoded; charset=\xff"),
        ("User-Agent", "\xff" * 9000),
    ],
)
def test_malformed_headers_are_no_errors_of_the_service(
    world: ShownWorld, name: str, value: str
) -> None:
    with closing(_connect(world.url)) as connection:
        for method, target in (
            ("GET", "/people"),
            ("GET", "/account"),
            ("GET", "/api/v1/people"),
            ("POST", "/sign-in"),
            ("POST", "/add"),
            ("POST", "/websub/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ):
            status = _status(connection, target, method, {name: value})
            assert 0 < status < 500, (method, target, status)


def _targets(world: ShownWorld) -> Iterator[str]:
    """Each GET route with each value in its path, and in each parameter of its query."""
    (slug,) = (row["slug"] for row in world.ask("SELECT slug FROM person ORDER BY id LIMIT 1"))
    for path, queries in _routes():
        usual = _PARAMETER.sub(lambda one: slug if one[1] == "slug" else "1", path)
        for value in VALUES:
            if "{" in path:
                yield _PARAMETER.sub(lambda _, value=value: value, path)  # type: ignore[misc]
            for name in queries:
                yield f"{usual}?{name}={value}"
        yield f"{usual}?{'&' * 2000}"
        yield f"{usual}?{value}={value}"


def _routes() -> Iterator[tuple[str, list[str]]]:
    for prefix, app in (("", create_app()), ("/api/v1", create_api())):
        for included in app.routes:
            for route in getattr(included, "original_router", APIRouter()).routes:
                if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                    yield prefix + route.path, [one.alias for one in route.dependant.query_params]


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)


def _status(
    connection: http.client.HTTPConnection,
    target: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> int:
    """The status of a response that arrives whole; 0 for one that breaks off."""
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        # A client of its own for some of them each, or the rate limit would answer.
        connection.putheader("X-Forwarded-For", f"2001:db8:{next(_numbers) // 100:x}::1")
        for name, value in (headers or {}).items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0
    return response.status
