"""`overheard doctor`: everything is broken for real, one after the other, and each is named."""

import os
import socket
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from models import Settings, get_settings
from models.database import engine, forget_engine, in_transaction
from models.database.migrate import NEWEST_REVISION
from tasks.counts.store.drift_sample import drift_in_sample
from tests.factories import add_episode, add_podcast, execute, new_episode, spoken, store
from tests.integration.commands import Run, run
from tests.servers.postgres import fresh_database
from tests.servers.valkeys import valkey
from workers.celery_app import app, celery_settings
from workers.doctor import broker as about_broker
from workers.doctor import database as about_database
from workers.doctor import machine as about_machine
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
def _nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here, so that none need be waited for."""
    monkeypatch.setattr(about_work, "ASK_SECONDS", 0.05)


def wrongs(findings: Iterable[Finding]) -> dict[str, str]:
    """What is wrong, by check; everything that is wrong must come with something to do."""
    found = [finding for finding in findings if finding.state == "wrong"]
    assert all(finding.do and finding.where for finding in found)
    return {finding.check: finding.says for finding in found}


def notes(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.check: finding.says for finding in findings if finding.state == "note"}


def test_a_good_broker_has_nothing_wrong() -> None:
    with valkey(*GOOD_BROKER) as url:
        findings = list(check_broker(url))
    assert wrongs(findings) == {}
    assert {f.check for f in findings} == {
        "broker", "broker-keeps", "broker-memory", "broker-settings", "clock",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "check", "says"),
    [
        (["--maxmemory-policy", "allkeys-lru"], "broker-memory", "allkeys-lru"),
        (["--maxmemory", "1mb"], "broker-memory", "bytes are used"),
        (["--appendonly", "no"], "broker-keeps", "appendonly no"),
        (["--appendfsync", "no"], "broker-settings", "appendfsync no"),
        (["--timeout", "5"], "broker-settings", "hangs up"),
        (["--replicaof", "127.0.0.1", "1"], "broker", "replica"),
        (["--requirepass", "secret"], "broker", "cannot be asked"),
    ],
)
def test_a_broker_that_is_set_wrongly_is_named(options: list[str], check: str, says: str) -> None:
    with valkey(*GOOD_BROKER, *options) as url:
        found = wrongs(check_broker(url))
    assert set(found) == {check}
    assert says in found[check]


def test_a_broker_that_is_a_cluster_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cluster = ("--cluster-enabled", "yes", "--cluster-port", str(port))
    with valkey(*GOOD_BROKER, *cluster) as url:
        assert "Redis Cluster" in wrongs(check_broker(url))["broker"]


def test_a_broker_that_does_not_tell_its_settings_is_noted() -> None:
    with valkey(*GOOD_BROKER, "--rename-command", "CONFIG", "") as url:
        assert set(notes(check_broker(url))) == {"broker-settings"}


@pytest.mark.parametrize(
    "url", ["redis://one:1,two:2", "sentinel://host", "sqs://", "redis://127.0.0.1:1/0"]
)
def test_an_address_that_leads_to_no_broker_is_wrong(url: str) -> None:
    assert set(wrongs(check_broker(url))) == {"broker"}


def test_no_password_is_shown() -> None:
    (found,) = check_broker("redis://:very-secret@127.0.0.1:1/0")
    assert "very-secret" not in str(found)


def test_rabbitmq_is_noted() -> None:
    assert set(notes(check_broker("amqp://somewhere"))) == {"broker"}


def test_a_broker_whose_append_only_file_fails_is_named() -> None:
    info = {"aof_enabled": 1, "aof_last_write_status": "err"}
    assert "cannot be written" in wrongs(about_broker._keeps(info, "x"))["broker-keeps"]


def test_the_clock_of_the_broker_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_broker, "CLOCK_SECONDS", -1.0)
    with valkey(*GOOD_BROKER) as url:
        assert set(wrongs(check_broker(url))) == {"clock"}


@pytest.mark.usefixtures("database")
def test_a_good_database_has_nothing_wrong() -> None:
    assert wrongs(check_database()) == {}


def test_a_database_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    get_settings.cache_clear()
    forget_engine()
    assert "cannot be asked" in wrongs(check_database())["database"]
    get_settings.cache_clear()
    forget_engine()


def test_a_database_of_another_kind_is_named(
    server_urls: ServerUrls, worker_number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not migrated, read-only, in an encoding that cannot hold every name."""
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
    assert [f.says for f in findings if f.check == "database"] == [
        "it stores LATIN1, which has not every name",
        "it lets nobody write: a replica, or set so",
    ]
    assert "it is at nothing" in wrongs(findings)["schema"]


@pytest.mark.usefixtures("database")
def test_a_schema_of_a_newer_version_is_noted_and_an_older_one_is_wrong() -> None:
    execute("UPDATE alembic_version SET version_num = '9999'")
    newer = list(check_database())
    execute("UPDATE alembic_version SET version_num = '0001'")
    older = wrongs(check_database())
    execute("UPDATE alembic_version SET version_num = :now", now=NEWEST_REVISION)
    assert set(notes(newer)) == {"schema"}
    assert set(older) == {"schema"}


@pytest.mark.usefixtures("database")
def test_a_transaction_that_somebody_forgot_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_database, "IDLE_SECONDS", 0)
    with engine().connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert "open and idle" in wrongs(check_database())["connections"]


@pytest.mark.usefixtures("database")
def test_connections_that_run_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_database, "FULL", 0.0)
    assert "are in use" in wrongs(check_database())["connections"]


def test_a_server_that_may_lose_what_was_committed_is_named() -> None:
    said = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
    assert [f.says.split()[0] for f in about_database._settings(said)] == [
        "fsync", "full_page_writes", "autovacuum",
    ]  # fmt: skip


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrongs(check_machine(tmp_path)) == {}
    monkeypatch.setattr(about_machine, "LEAST_BYTES", 1 << 80)
    monkeypatch.setattr(about_machine, "LEAST_SHARE", 1.1)
    assert "bytes are free" in wrongs(check_machine(tmp_path))["disk"]


def test_a_data_folder_that_others_may_enter_is_named(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o700)
    assert wrongs(check_machine(tmp_path)) == {}
    (tmp_path / "postgres").chmod(0o755)
    assert "mode 755" in wrongs(check_machine(tmp_path))["permissions"]


@pytest.mark.parametrize(
    ("given", "check", "named"),
    [
        ({"poll_min_interval_seconds": 99_999}, "settings", "POLL_MIN_INTERVAL_SECONDS"),
        ({"job_retry_seconds": 99_999}, "settings", "JOB_RETRY_SECONDS"),
        ({"sweep_tick_seconds": 90}, "settings", "SWEEP_TICK_SECONDS"),
        ({"fetch_deadline_seconds": 130}, "limits", "FETCH_DEADLINE_SECONDS"),
        ({"job_lease_seconds": 700}, "limits", "JOB_LEASE_SECONDS"),
        ({"allowed_networks": "0.0.0.0/0"}, "guard", "ALLOWED_NETWORKS"),
    ],
)
def test_settings_that_contradict_are_named(
    given: dict[str, object], check: str, named: str
) -> None:
    urls = {"broker_url": "redis://x", "database_url": "postgresql://x"}
    settings = Settings(**urls, **given)  # type: ignore[arg-type]
    found = [f for f in check_settings(settings, celery_settings(settings)) if f.state == "wrong"]
    assert [(f.check, named in f.where) for f in found] == [(check, True)]


def test_a_visibility_timeout_below_the_limits_is_named() -> None:
    settings = Settings(broker_url=SecretStr("redis://x"))
    celery = celery_settings(settings) | {"broker_transport_options": {"visibility_timeout": 100}}
    assert "done twice" in wrongs(check_settings(settings, celery))["limits"]


@pytest.mark.usefixtures("database", "broker")
def test_work_that_nobody_does_is_named() -> None:
    episode = in_transaction(lambda session: add_episode(session, add_podcast(session)))
    for state, lease in (("waiting", None), ("running", timedelta(minutes=-10)), ("dead", None)):
        execute(
            "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses,"
            " republished, run_after, created_at, lease_expires_at) VALUES ('parse', :id, 'fetch', false,"
            " 5, :state, 0, 0, 0, now() - interval '1 h', now() - interval '1 h', now() + :lease)",
            id=episode, state=state, lease=lease,
        )  # fmt: skip
    findings = list(check_work(app))
    found = wrongs(findings)
    assert set(found) == {"workers", "beat", "leases", "waiting"}
    assert "1 jobs run under a lease" in found["leases"]
    assert "1 jobs wait for a person" in notes(findings)["dead"]


@pytest.mark.usefixtures("database", "broker")
def test_where_nothing_is_to_be_done_nobody_need_be_there() -> None:
    findings = list(check_work(app))
    assert wrongs(findings) == {}
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
def test_counts_that_drifted_are_found_in_a_sample(damage: str) -> None:
    lines = spoken("Ann Smith: one", "Bob Jones: two", "Ann Smith: three")
    in_transaction(store, new_episode(), lines)
    assert in_transaction(drift_in_sample) == 0
    execute(damage)
    assert in_transaction(drift_in_sample) > 0
    assert "counted wrongly" in wrongs(check_work(app))["drift"]


def test_the_command_shows_what_is_wrong_and_fails(
    run: Run, broker: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del broker
    good = run("doctor", "--json")
    assert good.code == 0, good.out
    assert {row["state"] for row in good.json} <= {"well", "note"}
    with valkey(*GOOD_BROKER, "--maxmemory-policy", "allkeys-lru") as url:
        monkeypatch.setenv("OVERHEARD_BROKER_URL", url)
        get_settings.cache_clear()
        bad = run("doctor")
    assert bad.code == 1
    assert "wrong broker-memory" in bad.out
    assert "do: CONFIG SET maxmemory-policy noeviction" in bad.out
    assert os.environ["OVERHEARD_BROKER_URL"] == url


@pytest.mark.parametrize(
    ("allowed", "says"),
    [
        ("", "private addresses are refused"),
        (
            "10.0.0.0/8, 127.0.0.1/32:8890",
            "private addresses are refused, but for 10.0.0.0/8, 127.0.0.1/32:8890",
        ),
    ],
)
def test_private_addresses_that_are_allowed_are_named(allowed: str, says: str) -> None:
    settings = Settings(
        broker_url=SecretStr("redis://x"),
        database_url=SecretStr("postgresql://x"),
        allowed_networks=allowed,
    )
    found = [f for f in check_settings(settings, celery_settings(settings)) if f.check == "guard"]
    assert [(f.state, f.says) for f in found] == [("well", says)]
