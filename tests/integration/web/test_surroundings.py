"""What surrounds every answer: headers that bind the browser, an access log, health."""

import httpx
import pytest
from structlog.testing import capture_logs

from models import get_settings
from models.database import forget_engine
from tests.integration.commands import run_process
from web.middleware.security_headers import CONTENT_SECURITY_POLICY


def test_security_headers_are_on_every_response(
    client: httpx.Client,
) -> None:
    for path in ("/health/live", "/no-such-page"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_content_policy_allows_only_own_files_and_audio() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


def test_a_request_is_one_line_without_its_query(client: httpx.Client) -> None:
    with capture_logs() as lines:
        client.get("/no-such-page?token=secret")
        client.get("/health/live")  # over the same connection: answered after the line is written
    line = next(line for line in lines if line["event"] == "request")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/no-such-page", 404)
    assert "secret" not in str(line)


def test_it_is_ready_while_the_database_answers(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/health/ready").status_code == 200
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    get_settings.cache_clear()
    forget_engine()
    away = client.get("/health/ready")
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert client.get("/health/live").status_code == 200
    forget_engine()


def test_port_in_use_ends_with_a_one_line_error(client: httpx.Client) -> None:
    port = str(client.base_url.port)
    ended = run_process("web", OVERHEARD_WEB_PORT=port)
    assert ended.code == 1
    assert ended.err.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert len(ended.err.strip().splitlines()) == 1
