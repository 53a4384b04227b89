"""TLS to servers of Debian with a certificate that a test's authority signed, and a password."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu.connection import Connection

from models import get_settings
from models.database import engine, forget_engine, in_transaction
from models.database.sql import fetch_value
from models.tls import broker_tls
from tests.servers.certificates import make_certificates
from tests.servers.debian import PASSWORD
from tests.servers.debian_postgres import debian_postgres
from tests.servers.debian_redis import debian_redis
from tests.servers.rabbitmq import rabbitmq
from web.api.request_counts import _client
from workers.doctor.broker import check_broker
from workers.doctor.database import check_database

pytestmark = pytest.mark.slow

REFUSED = "certificate verify failed"


@dataclass(frozen=True)
class Secured:
    """Servers that take only TLS with a password, and the files of two authorities."""

    database: str
    redis: str
    rabbit: str
    authority: Path
    other_authority: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    tls, other = make_certificates(folder / "one"), make_certificates(folder / "other")
    with ExitStack() as stack:
        yield Secured(
            stack.enter_context(debian_postgres(tls)),
            stack.enter_context(debian_redis(tls)),
            stack.enter_context(rabbitmq(certificates=tls)).url,
            tls.authority,
            other.authority,
        )


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    engine().dispose()
    monkeypatch.undo()
    get_settings.cache_clear()
    forget_engine()


def configure(patch: pytest.MonkeyPatch, authority: Path | None, database: str) -> None:
    patch.setenv("OVERHEARD_TLS_CA_FILE", str(authority or ""))
    patch.setenv("OVERHEARD_DATABASE_URL", database)
    get_settings.cache_clear()
    forget_engine()


def is_encrypted() -> bool:
    query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    return bool(in_transaction(fetch_value, query, {}))


@pytest.mark.parametrize("mode", ["", "?sslmode=require", "?sslmode=verify-full"])
def test_database_is_verified_by_own_authority(
    secured: Secured, trusting: pytest.MonkeyPatch, mode: str
) -> None:
    configure(trusting, secured.authority, secured.database + mode)
    assert is_encrypted()


@pytest.mark.parametrize("mode", ["?sslmode=require", "?sslmode=verify-full"])
def test_database_of_unknown_authority_is_one_sentence(
    secured: Secured, trusting: pytest.MonkeyPatch, mode: str
) -> None:
    for authority in (None, secured.other_authority):
        configure(trusting, authority, secured.database + mode)
        (finding,) = check_database()
        assert finding.state == "problem"
        assert REFUSED in finding.message
        assert "\n" not in finding.message
        assert PASSWORD not in finding.message


def test_database_of_another_name_is_refused(
    secured: Secured, trusting: pytest.MonkeyPatch
) -> None:
    url = secured.database.replace("127.0.0.1", "127.0.0.2") + "?sslmode=require"
    configure(trusting, secured.authority, url + "&hostaddr=127.0.0.1")
    (finding,) = check_database()
    assert "127.0.0.2" in finding.message


def test_brokers_are_verified_by_own_authority(
    secured: Secured, trusting: pytest.MonkeyPatch
) -> None:
    configure(trusting, secured.authority, secured.database)
    for url in (secured.redis, secured.rabbit):
        assert {f.state for f in check_broker(url)} <= {"ok", "note"}
        celery: Any = Connection(url, ssl=broker_tls(url))  # type: ignore[no-untyped-call]
        with closing(celery):
            celery.ensure_connection(max_retries=1, timeout=5)
            assert celery.connected


def test_brokers_of_unknown_authority_are_one_sentence(
    secured: Secured, trusting: pytest.MonkeyPatch
) -> None:
    for authority in (None, secured.other_authority):
        configure(trusting, authority, secured.database)
        for url in (secured.redis, secured.rabbit):
            (finding,) = check_broker(url)
            assert finding.state == "problem"
            assert REFUSED in finding.message.lower()
            assert "\n" not in finding.message
            assert PASSWORD not in str(finding)


def test_rate_limits_verify_redis(secured: Secured, trusting: pytest.MonkeyPatch) -> None:
    async def ping(number: int) -> bool:
        client = _client(secured.redis, number)  # a pool of its own
        try:
            return bool(await client.ping())
        finally:
            await client.aclose()

    configure(trusting, secured.authority, secured.database)
    assert asyncio.run(ping(-1))
    configure(trusting, secured.other_authority, secured.database)
    with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(ping(-2))
