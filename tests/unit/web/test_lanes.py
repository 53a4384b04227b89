"""Which lane a request takes: what costs much or matters much does not wait for anything else."""

import pytest
from starlette.types import Scope

from web.middleware.lanes import lane_of


def request(method: str, path: str, cookie: bytes = b"") -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": [(b"cookie", cookie)]}


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/people/ada", "pages"),
        ("HEAD", "/", "pages"),
        ("GET", "/people/ada/appearances.csv", "files"),
        ("GET", "/podcasts/1/transcripts.xml", "files"),
        ("GET", "/quotes/1/card.png", "pictures"),
        ("GET", "/search", "searches"),
        ("GET", "/search/suggest", "searches"),
        ("GET", "/api/v1/people", "api"),
        ("GET", "/operate", "operators"),
        ("POST", "/account/password", "operators"),
        ("GET", "/add", "pages"),
        ("POST", "/add", "adding"),
        ("GET", "/sign-in", "pages"),
        ("POST", "/sign-in", "sign_in"),
        ("GET", "/health/ready", "programs"),
        ("POST", "/websub/x", "programs"),
    ],
)
def test_request_takes_the_lane_of_its_kind(method: str, path: str, lane: str) -> None:
    spec = lane_of(request(method, path))
    assert spec is not None
    assert spec.name == lane


@pytest.mark.parametrize("path", ["/health/live", "/static/overheard.css", "/artwork/podcasts/1"])
def test_request_answered_without_the_database_waits_for_nothing(path: str) -> None:
    assert lane_of(request("GET", path)) is None


def test_sign_in_from_a_device_does_not_wait_for_strangers() -> None:
    spec = lane_of(request("POST", "/sign-in", b"a=b; overheard_device=1.ab.cd"))
    assert spec is not None
    assert spec.name == "known_devices"
