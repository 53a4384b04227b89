"""`overheard doctor`: each part is really broken, one after another, and reported."""

import os
import socket
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from models import Settings, get_settings
from models.database import engine, forget_engine, in_transaction
from models.database.migrate import NEWEST_REVISION
from models.queries.health import server
from tasks.counts.store.drift_sample import drift_in_sample
from tests.factories import add_episode, add_podcast, execute, new_episode, spoken, store
from tests.integration.commands import Run, run
from tests.servers.postgres import fresh_database
from tests.servers.valkeys import valkey
from workers.celery_app import app, celery_settings
from workers.doctor import broker as about_broker
from workers.doctor import database as about_database
from workers.doctor import machine as about_machine
from workers.doctor import versions
from workers.doctor import work as about_work
from workers.doctor.broker import check_broker
from workers.doctor.database import check_database
from workers.doctor.limits import check_settings
from workers.doctor.machine import check_machine
from workers.doctor.values import Finding
from workers.doctor.work import check_work
from workers.local.embedded import ServerUrls

__all__ = ["run"]

GOOD_BROKER = ("--appendonly", "yes")


@pytest.fixture(autouse=True)
def _no_worker_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for replies: no worker runs here."""
    monkeypatch.setattr(about_work, "REPLY_SECONDS", 0.05)


def problems(findings: Iterable[Finding]) -> dict[str, str]:
    """The problems by check; each must come with advice."""
    found = [finding for finding in findings if finding.state == "problem"]
    assert all(finding.advice and finding.where for finding in found)
    return {finding.check: finding.message for finding in found}


def notes(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.check: finding.message for finding in findings if finding.state == "note"}


def test_good_broker_has_no_problems() -> None:
    with valkey(*GOOD_BROKER) as url:
        findings = list(check_broker(url))
    assert problems(findings) == {}
    assert {f.check for f in findings} == {
        "broker",
        "broker-version",
        "broker-persistence",
        "broker-memory",
        "broker-settings",
        "clock",
    }


@pytest.mark.parametrize(
    ("options", "check", "message"),
    [
        (["--maxmemory-policy", "allkeys-lru"], "broker-memory", "allkeys-lru"),
        (["--maxmemory", "1mb"], "broker-memory", "bytes are used"),
        (["--appendonly", "no"], "broker-persistence", "appendonly no"),
        (["--appendfsync", "no"], "broker-settings", "appendfsync no"),
        (["--timeout", "5"], "broker-settings", "are idle for"),
        (["--replicaof", "127.0.0.1", "1"], "broker", "replica"),
        (["--requirepass", "secret"], "broker", "cannot be reached"),
    ],
)
def test_broker_with_wrong_setting_is_reported(
    options: list[str], check: str, message: str
) -> None:
    with valkey(*GOOD_BROKER, *options) as url:
        found = problems(check_broker(url))
    assert set(found) == {check}
    assert message in found[check]


def test_broker_cluster_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cluster = ("--cluster-enabled", "yes", "--cluster-port", str(port))
    with valkey(*GOOD_BROKER, *cluster) as url:
        assert "Redis Cluster" in problems(check_broker(url))["broker"]


def test_broker_that_hides_its_settings_is_noted() -> None:
    with valkey(*GOOD_BROKER, "--rename-command", "CONFIG", "") as url:
        assert set(notes(check_broker(url))) == {"broker-settings"}


@pytest.mark.parametrize(
    "url",
    [
        "redis://one:1,two:2",
        "sentinel://host",
        "sqs://",
        "redis://127.0.0.1:1/0",
        "amqp://127.0.0.1:1",
    ],
)
def test_url_without_broker_is_reported(url: str) -> None:
    assert set(problems(check_broker(url))) == {"broker"}


def test_doctor_shows_no_password() -> None:
    (found,) = check_broker("redis://:very-secret@127.0.0.1:1/0")
    assert "very-secret" not in str(found)


def test_broker_with_failing_append_only_file_is_reported() -> None:
    info = {"aof_enabled": 1, "aof_last_write_status": "err"}
    assert (
        "cannot be written" in problems(about_broker._persistence(info, "x"))["broker-persistence"]
    )


def test_broker_clock_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_broker, "CLOCK_SECONDS", -1.0)
    with valkey(*GOOD_BROKER) as url:
        assert set(problems(check_broker(url))) == {"clock"}


@pytest.mark.usefixtures("database")
def test_good_database_has_no_problems() -> None:
    assert problems(check_database()) == {}


def test_unreachable_database_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    get_settings.cache_clear()
    forget_engine()
    assert "cannot be reached" in problems(check_database())["database"]
    get_settings.cache_clear()
    forget_engine()


def test_database_of_other_kind_is_reported(
    server_urls: ServerUrls, worker_number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not migrated, read-only, in an encoding that cannot store every name."""
    name = f"doctor_{worker_number}"
    with fresh_database(server_urls.database_url, name) as url:
        plain = make_url(url).set(drivername="postgresql")
        where = plain.set(database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(where, autocommit=True) as administrator:
            administrator.execute(f"DROP DATABASE {name}".encode())
            administrator.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' "
                "LOCALE_PROVIDER libc LOCALE 'C'".encode()
            )
            administrator.execute(
                f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode()
            )
        monkeypatch.setenv("OVERHEARD_DATABASE_URL", url)
        get_settings.cache_clear()
        forget_engine()
        findings = list(check_database())
        engine().dispose()
    get_settings.cache_clear()
    forget_engine()
    assert [f.message for f in findings if f.check == "database"] == [
        "its encoding is LATIN1, which cannot store every name",
        "it is read-only: a replica, or configured so",
    ]
    assert "it is at revision none" in problems(findings)["schema"]


@pytest.mark.usefixtures("database")
def test_database_older_than_its_series_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "database-version" in {f.check for f in check_database()}
    monkeypatch.setitem(versions.NEWEST, "PostgreSQL", {"18": 9999})
    assert " is older than 18.9999," in notes(check_database())["database-version"]


@pytest.mark.usefixtures("database")
def test_newer_schema_is_noted_and_older_reported() -> None:
    execute("UPDATE alembic_version SET version_num = '9999'")
    newer = list(check_database())
    execute("UPDATE alembic_version SET version_num = '0001'")
    older = problems(check_database())
    execute("UPDATE alembic_version SET version_num = :now", now=NEWEST_REVISION)
    assert "newer than this version's" in notes(newer)["schema"]
    assert set(older) == {"schema"}


@pytest.mark.usefixtures("database")
def test_idle_transaction_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_database, "IDLE_SECONDS", 0)
    with engine().connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert "open and idle" in problems(check_database())["connections"]


@pytest.mark.usefixtures("database")
def test_scarce_connections_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_database, "FULL", 0.0)
    assert "are in use" in problems(check_database())["connections"]


@pytest.mark.usefixtures("database")
def test_unsafe_database_settings_are_reported() -> None:
    status = replace(in_transaction(server), fsync="off", full_page_writes="off", autovacuum="off")
    assert [f.message.split()[0] for f in about_database._settings(status)] == [
        "fsync",
        "full_page_writes",
        "autovacuum",
    ]


def test_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(check_machine(tmp_path)) == {}
    monkeypatch.setattr(about_machine, "MIN_FREE_BYTES", 1 << 80)
    monkeypatch.setattr(about_machine, "MIN_FREE_SHARE", 1.1)
    assert "bytes are free" in problems(check_machine(tmp_path))["disk"]


def test_open_data_directory_is_reported(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o700)
    assert problems(check_machine(tmp_path)) == {}
    (tmp_path / "postgres").chmod(0o755)
    assert "mode 755" in problems(check_machine(tmp_path))["permissions"]


@pytest.mark.parametrize(
    ("given", "check", "named"),
    [
        ({"poll_min_interval_seconds": 99_999}, "settings", "POLL_MIN_INTERVAL_SECONDS"),
        ({"job_retry_seconds": 99_999}, "settings", "JOB_RETRY_SECONDS"),
        ({"sweep_tick_seconds": 90}, "settings", "SWEEP_TICK_SECONDS"),
        ({"fetch_deadline_seconds": 130}, "limits", "FETCH_DEADLINE_SECONDS"),
        ({"job_lease_seconds": 700}, "limits", "JOB_LEASE_SECONDS"),
        ({"allowed_networks": "0.0.0.0/0"}, "ssrf-guard", "ALLOWED_NETWORKS"),
    ],
)
def test_contradicting_settings_are_reported(
    given: dict[str, object], check: str, named: str
) -> None:
    urls = {"broker_url": "redis://x", "database_url": "postgresql://x"}
    settings = Settings(**urls, **given)  # type: ignore[arg-type]
    found = [f for f in check_settings(settings, celery_settings(settings)) if f.state == "problem"]
    assert [(f.check, named in f.where) for f in found] == [(check, True)]


def test_too_short_visibility_timeout_is_reported() -> None:
    settings = Settings(broker_url=SecretStr("redis://x"))
    celery = celery_settings(settings) | {"broker_transport_options": {"visibility_timeout": 100}}
    assert "run twice" in problems(check_settings(settings, celery))["limits"]


@pytest.mark.usefixtures("database", "broker")
def test_waiting_work_without_worker_is_reported() -> None:
    episode = in_transaction(lambda session: add_episode(session, add_podcast(session)))
    for state, lease in (("waiting", None), ("running", timedelta(minutes=-10)), ("dead", None)):
        execute(
            "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, "
            "worker_losses, republished, run_after, created_at, lease_expires_at) "
            "VALUES ('parse', :id, 'fetch', false, 5, :state, 0, 0, 0, "
            "now() - interval '1 h', now() - interval '1 h', now() + :lease)",
            id=episode,
            state=state,
            lease=lease,
        )
    findings = list(check_work(app))
    found = problems(findings)
    assert set(found) == {"workers", "beat", "leases", "waiting"}
    assert "the leases of 1 running jobs expired" in found["leases"]
    assert "1 job is dead" in notes(findings)["dead"]


@pytest.mark.usefixtures("database", "broker")
def test_missing_worker_without_work_is_fine() -> None:
    findings = list(check_work(app))
    assert problems(findings) == {}
    assert set(notes(findings)) == {"workers", "beat"}


@pytest.mark.usefixtures("database", "broker")
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE person SET appearances = appearances + 1",
        "UPDATE person_day SET appearances = appearances + 1",
        "UPDATE person_podcast SET episodes = episodes + 1",
        "DELETE FROM person_podcast",
        "UPDATE speaker SET appearances = appearances + 1",
        "DELETE FROM appearance WHERE position = 0",
    ],
)
def test_drifted_counts_are_found_in_sample(damage: str) -> None:
    lines = spoken("Ann Smith: one", "Bob Jones: two", "Ann Smith: three")
    in_transaction(store, new_episode(), lines)
    assert in_transaction(drift_in_sample) == 0
    execute(damage)
    assert in_transaction(drift_in_sample) > 0
    assert "in a small sample are wrong" in problems(check_work(app))["drift"]


def test_doctor_command_lists_problems_and_fails(
    run: Run, broker: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del broker
    good = run("doctor", "--json")
    assert good.code == 0, good.out
    assert {row["state"] for row in good.json} <= {"ok", "note"}
    with valkey(*GOOD_BROKER, "--maxmemory-policy", "allkeys-lru") as url:
        monkeypatch.setenv("OVERHEARD_BROKER_URL", url)
        get_settings.cache_clear()
        bad = run("doctor")
    assert bad.code == 1
    assert "problem broker-memory" in bad.out
    assert "do: CONFIG SET maxmemory-policy noeviction" in bad.out
    assert os.environ["OVERHEARD_BROKER_URL"] == url


@pytest.mark.parametrize(
    ("allowed", "message"),
    [
        ("", "private addresses are refused"),
        (
            "10.0.0.0/8, 127.0.0.1/32:8890",
            "private addresses are refused, except 10.0.0.0/8, 127.0.0.1/32:8890",
        ),
    ],
)
def test_doctor_names_allowed_private_networks(allowed: str, message: str) -> None:
    settings = Settings(
        broker_url=SecretStr("redis://x"),
        database_url=SecretStr("postgresql://x"),
        allowed_networks=allowed,
    )
    found = [
        f for f in check_settings(settings, celery_settings(settings)) if f.check == "ssrf-guard"
    ]
    assert [(f.state, f.message) for f in found] == [("ok", message)]
