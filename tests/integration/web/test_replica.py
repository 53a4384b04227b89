"""Pages from a streaming replica: who is not signed in reads there, and everybody writes here."""

import os
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import create_engine

from models import get_settings
from models.database import forget_engine, in_transaction
from models.database.migrate import migrate
from tasks.plans.plan_file import plans_of_service
from tests.factories import execute, new_episode, one, spoken, store
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.metrics_page import fresh_metrics, metrics, value
from tests.paths import DATA
from tests.servers.replica import Replicated, replicated
from tests.servers.web_server import web_server
from tests.servers.worker import wait_until
from web.cache.cache import clear_cache
from workers.doctor.replica import check_replica
from workers.doctor.values import Finding

__all__ = ["fresh_metrics"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("broker", "fresh_metrics")]


@pytest.fixture
def servers() -> Iterator[Replicated]:
    # A patch of its own: one that a test makes is undone after this fixture, with what it set.
    with replicated() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERHEARD_DATABASE_URL", running.primary)
        patch.setenv("OVERHEARD_READ_DATABASE_URL", running.replica)
        patch.setenv("OVERHEARD_PLANS", str(DATA / "plans" / "plans.toml"))
        forget()
        migrate(create_engine(running.primary.replace("://", "+psycopg://")))
        add_accounts()
        in_transaction(store, new_episode(), spoken("Ann Smith: Hello", "Bob Jones: Hi"))
        yield running
    forget()


def forget() -> None:
    get_settings.cache_clear()
    plans_of_service.cache_clear()
    forget_engine()
    clear_cache()


@pytest.fixture
def url(servers: Replicated) -> Iterator[str]:
    del servers
    with web_server() as served:
        yield served


@pytest.fixture
def stranger(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        wait_until(lambda: "Ann Smith" in client.get("/people").text)
        yield client


@pytest.fixture
def operator(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def finding() -> Finding:
    (found,) = check_replica()
    return found


def lag(client: httpx.Client) -> float | None:
    return value(metrics(client), "overheard_replica_lag_seconds")


def test_who_is_signed_in_sees_what_the_replica_does_not_show_yet(
    servers: Replicated, stranger: httpx.Client, operator: httpx.Client
) -> None:
    servers.pause_replay()
    token = enter(operator)  # a session, which is a row
    renamed = {"kind": "rename", "person": "ann-smith", "name": "Anna Smith"}
    decided = operator.post("/operate/people", data={"form_token": token, **renamed})
    assert decided.status_code == 303
    created = operator.post("/account/keys", data={"form_token": token, "name": "laptop"})
    assert created.status_code == 200
    assert one("SELECT count(*) FROM api_key") == 1
    assert "Anna Smith" in operator.get("/people").text
    assert "Anna Smith" not in stranger.get("/people").text
    assert (lag(stranger) or 0) > 0
    assert "behind the database" in operator.get("/operate").text
    servers.resume_replay()
    wait_until(lambda: "Anna Smith" in stranger.get("/people").text)
    wait_until(lambda: lag(stranger) == 0)


def test_browser_that_wrote_reads_the_database_itself_for_a_while(
    servers: Replicated, stranger: httpx.Client, url: str
) -> None:
    servers.pause_replay()
    execute("UPDATE person SET name = 'Anna Smith' WHERE slug = 'ann-smith'")
    clear_cache()
    assert "Anna Smith" not in stranger.get("/people").text
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as writer:
        writer.post("/sign-in", data={"name": "nobody", "password": "wrong-password"})
        assert "Anna Smith" in writer.get("/people").text
    changes = stranger.get("/api/v1/changes").json()
    assert changes["items"]
    servers.resume_replay()


def test_replica_that_is_behind_is_a_problem_and_one_without_lag_is_not(
    servers: Replicated, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: finding().message == "0.0 s behind the database")
    assert finding().state == "ok"
    servers.pause_replay()
    execute("UPDATE person SET name = 'Anna Smith' WHERE slug = 'ann-smith'")
    monkeypatch.setattr("workers.doctor.replica.BEHIND_SECONDS", 0.0)
    assert finding().state == "problem"
    assert finding().message.endswith("readers see old pages")
    servers.resume_replay()


def test_replica_that_is_away_shows_in_every_place(
    servers: Replicated, stranger: httpx.Client, operator: httpx.Client
) -> None:
    enter(operator)
    servers.kill_replica()
    assert stranger.get("/people").status_code == 503
    assert stranger.get("/health/ready").status_code == 503
    assert operator.get("/people").status_code == 200
    assert "does not respond" in operator.get("/operate").text
    assert value(metrics(stranger), "overheard_replica_up") == 0
    assert finding().state == "problem"


def test_url_with_both_servers_falls_back_to_the_database(servers: Replicated) -> None:
    os.environ["OVERHEARD_READ_DATABASE_URL"] = servers.either  # the fixture undoes it
    forget()
    with web_server() as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        wait_until(lambda: finding().state == "ok")
        servers.kill_replica()
        wait_until(lambda: client.get("/people").status_code == 200)
        assert "Ann Smith" in client.get("/people").text
        assert client.get("/health/ready").status_code == 200
        assert finding().message.startswith("the server is no replica")
