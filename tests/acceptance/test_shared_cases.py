"""The shared small cases: HTTP responses from a real socket, and the rest through `read`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.shared_world import shared_world_folder
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.servers.fetching import get, guard_for

pytestmark = [pytest.mark.world, pytest.mark.slow]

# Kinds whose every case is right; names, headings and people have shares of their own.
KINDS = ("feed", "opml", "dates", "transcript")


@pytest.fixture(scope="module")
def cases() -> Path:
    folder = shared_world_folder().with_name("cases")
    if not folder.is_dir():
        pytest.skip("there are no shared cases")
    return folder


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def slugs_of(cases: Path, *kinds: str) -> list[str]:
    expected = {
        path.parent.name: json.loads(path.read_text()) for path in cases.glob("*/expected.json")
    }
    return sorted(slug for slug, case in expected.items() if case["kind"] in kinds)


def test_http_cases_are_read_from_a_real_socket(cases: Path, server: FaultServer) -> None:
    for slug in slugs_of(cases, "http"):
        response = cases / slug / "response.http"
        if response.exists():
            url = server.serve(f"/{slug}", Answer(raw=response.read_bytes()))
            body = get(url, guard_for(server)).body or b""
            assert b"<title>One</title>" in body, slug


@pytest.mark.parametrize("kind", KINDS)
def test_cases_of_a_kind_are_all_right(cases: Path, kind: str) -> None:
    overheard = Path(sys.executable).with_name("overheard")
    checked = ["--command", str(overheard), "--at-least", "1", *slugs_of(cases, kind)]
    ended = subprocess.run(
        [sys.executable, str(cases / "check.py"), *checked],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
