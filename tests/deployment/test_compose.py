"""docker-compose.yml: every service that we build starts, is healthy, and ends on its stop signal.

This needs no container engine (tests/deployment does). Each service's own command is run with its
own environment (only the URLs are those of the embedded servers) until its own check passes.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from models import Settings
from models.database.migrate import NEWEST_REVISION
from tests.paths import ROOT
from tests.servers.postgres import fresh_database
from workers.celery_app import HARD_LIMIT, SOFT_SHUTDOWN, celery_settings
from workers.local.embedded import ServerUrls
from workers.local.supervisor import GRACE_SECONDS
from workers.worker.graceful_shutdown import CLOSE_SECONDS, RELEASE_SECONDS

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ONCE = {name: service for name, service in OURS.items() if service["restart"] == "no"}
LASTING = {name: service for name, service in OURS.items() if name not in ONCE}
NOT_OURS = {name: service for name, service in SERVICES.items() if name not in OURS}
SERVER_URLS = ("OVERHEARD_DATABASE_URL", "OVERHEARD_BROKER_URL")

# What a service may take to be healthy on a loaded machine with two cores, in seconds.
START_SECONDS = 90

Environment = dict[str, str]

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}")


def seconds(duration: str) -> float:
    """A duration as Compose writes it (45s, 1m30s)."""
    units = {"h": 3600, "m": 60, "s": 1}
    parts = re.findall(r"(\d+)([hms])", duration)
    assert "".join(f"{number}{unit}" for number, unit in parts) == duration
    return sum(int(number) * units[unit] for number, unit in parts)


def is_started_by_default(name: str) -> bool:
    """Whether `docker compose up` starts a service without naming it or a profile."""
    return "profiles" not in SERVICES[name]


def interpolated(value: str) -> str:
    """A value as Compose gives it to a service when no variable is set."""
    return _VARIABLE.sub(lambda found: found["default"] or "", value)


def queues_of(service: dict[str, Any]) -> set[str]:
    command = service["command"]
    return (
        set(command[command.index("--queues") + 1].split(",")) if "--queues" in command else set()
    )


@pytest.fixture(scope="module")
def environment(server_urls: ServerUrls, worker_number: int) -> Iterator[Environment]:
    """What every container of ours would have, with the URLs of servers that are here."""
    urls = {"OVERHEARD_BROKER_URL": server_urls.broker_url}
    # Messages of this test are nobody else's, whichever database of the broker they lie in.
    apart = {"OVERHEARD_BROKER_PREFIX": f"compose-{os.getpid()}:"}
    programs = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with (
        fresh_database(server_urls.database_url, f"compose_{worker_number}") as database_url,
        tempfile.TemporaryDirectory(prefix="overheard-compose-") as folder,
    ):
        yield {
            **programs,
            **urls,
            **apart,
            "OVERHEARD_DATABASE_URL": database_url,
            "OVERHEARD_WEB_PORT": str(free_port()),
            "TMPDIR": folder,
            "OVERHEARD_SEARCH_INDEX": f"{folder}/search",
        }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def migrated(environment: Environment) -> Environment:
    """The environment after the service `migrate` has ended, which all others wait for."""
    assert run_once("migrate", environment).returncode == 0
    return environment


def environment_of(name: str, given: Environment) -> Environment:
    """A service's own environment, with what is given; of servers, those that the service has."""
    own = {key: interpolated(value) for key, value in OURS[name]["environment"].items()}
    own |= {key: value for key, value in given.items() if key in own or key not in SERVER_URLS}
    if "OVERHEARD_MIGRATION_DATABASE_URL" in own:
        own["OVERHEARD_MIGRATION_DATABASE_URL"] = given["OVERHEARD_DATABASE_URL"]
    return own


def run_once(name: str, given: Environment) -> "subprocess.CompletedProcess[str]":
    env = environment_of(name, given)
    return subprocess.run(
        OURS[name]["command"],
        env=env,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def is_healthy(name: str, env: Environment) -> bool:
    """Ask the service's own health check; like Compose, take one that is too slow for a no."""
    check = OURS[name]["healthcheck"]
    kind, *command = check["test"]
    assert kind == "CMD"
    at_most = seconds(check["timeout"])
    try:
        subprocess.run(command, env=env, capture_output=True, timeout=at_most, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def becomes_healthy(name: str, process: "subprocess.Popen[bytes]", env: Environment) -> bool:
    deadline = monotonic() + START_SECONDS
    while process.poll() is None and monotonic() < deadline:
        if is_healthy(name, env):
            return True
    return False


@pytest.mark.slow
def test_migrate_ends_well_and_has_nothing_to_do_the_second_time(migrated: Environment) -> None:
    again = run_once("migrate", migrated)
    assert (again.returncode, again.stdout) == (0, f"schema at {NEWEST_REVISION}\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(ONCE) - {"migrate"}))
def test_a_service_that_runs_once_ends_well(name: str, migrated: Environment) -> None:
    ended = run_once(name, migrated)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["beat", "worker-ops"])
def test_a_service_that_does_not_run_is_not_healthy(
    name: str, migrated: Environment, tmp_path: Path
) -> None:
    assert not is_healthy(name, environment_of(name, migrated) | {"TMPDIR": str(tmp_path)})


@pytest.mark.slow
@pytest.mark.parametrize("name", LASTING)
def test_a_service_becomes_healthy_and_ends_within_its_grace_period(
    name: str, migrated: Environment, tmp_path: Path
) -> None:
    signs_of_life = tmp_path / "tmp"
    signs_of_life.mkdir()
    env = environment_of(name, migrated) | {"TMPDIR": str(signs_of_life)}
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            LASTING[name]["command"], env=env, cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        assert becomes_healthy(name, process, env), log.read_text()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=seconds(LASTING[name]["stop_grace_period"]))
    finally:
        process.kill()
    assert code == 0, log.read_text()
    assert list(signs_of_life.glob("overheard-*")) == []


@pytest.mark.parametrize("name", OURS)
def test_service_depends_on_the_migration_and_its_servers(name: str) -> None:
    wanted = {"postgres": "service_healthy"}
    if name != "migrate":
        wanted |= {"migrate": "service_completed_successfully", "valkey": "service_healthy"}
    depends_on = OURS[name]["depends_on"]
    assert {other: needed["condition"] for other, needed in depends_on.items()} == wanted


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined_and_has_limits(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert {"mem_limit", "pids_limit"} <= set(service)
    assert all(":size=" in each for each in service["tmpfs"])
    assert service["networks"]
    assert ("cap_add" in service) == (name in {"postgres", "valkey"})


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_as_a_user_without_rights(name: str) -> None:
    user, _, group = OURS[name]["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert f"USER {OURS[name]['user']}\n" in (ROOT / "Dockerfile").read_text()


def test_servers_have_no_way_out_and_are_apart() -> None:
    assert SERVICES["postgres"]["networks"] == ["database"]
    assert SERVICES["valkey"]["networks"] == ["broker"]
    networks = COMPOSE["networks"]
    assert [name for name in networks if networks[name]] == ["database", "broker"]
    assert all(networks[name]["internal"] for name in ("database", "broker"))


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_in_the_networks_of_its_servers(name: str) -> None:
    urls = {"database": "OVERHEARD_DATABASE_URL", "broker": "OVERHEARD_BROKER_URL"}
    has = {network for network, url in urls.items() if url in OURS[name]["environment"]}
    assert has == {"database", "broker"} & set(OURS[name]["networks"])


@pytest.mark.parametrize("name", OURS)
def test_a_stop_leaves_more_time_than_a_worker_takes_to_end(name: str) -> None:
    longest = SOFT_SHUTDOWN + RELEASE_SECONDS + CLOSE_SECONDS
    assert longest < GRACE_SECONDS < seconds(OURS[name]["stop_grace_period"])
    assert seconds(OURS[name]["stop_grace_period"]) < HARD_LIMIT


@pytest.mark.parametrize("name", [*LASTING, *NOT_OURS])
def test_service_restarts_and_has_a_health_check(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert seconds(check["timeout"]) <= seconds(check["interval"])
    assert "start_interval" not in check, "engines before 25, as Debian's, refuse the file"


@pytest.mark.parametrize("name", SERVICES)
def test_logs_have_a_size_limit(name: str) -> None:
    assert set(SERVICES[name]["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_in_the_environment_is_a_setting(name: str) -> None:
    ours = {key for key in OURS[name]["environment"] if key.startswith("OVERHEARD_")}
    settings = {f"OVERHEARD_{field.upper()}" for field in Settings.model_fields}
    assert ours
    assert ours <= settings


def test_every_queue_that_a_task_is_sent_to_has_a_worker() -> None:
    celery = celery_settings(Settings(broker_url=SecretStr("redis://valkey")))
    sent_to = {celery["task_default_queue"]}
    sent_to |= {route["queue"] for route in celery["task_routes"].values()}
    sent_to |= {entry["options"]["queue"] for entry in celery["beat_schedule"].values()}
    served = {queue for service in OURS.values() for queue in queues_of(service)}
    assert sent_to <= served


def test_speech_to_text_is_a_profile_with_an_image_of_its_own() -> None:
    worker = SERVICES["worker-speech"]
    assert [name for name in OURS if "transcribe" in queues_of(SERVICES[name])] == ["worker-speech"]
    assert worker["profiles"] == ["speech"]
    assert worker["build"]["args"] == {"EXTRA": "speech ${OVERHEARD_EXTRAS:-}"}
    assert worker["image"] not in {
        SERVICES[name]["image"] for name in OURS if name != "worker-speech"
    }
    folders = [worker["environment"][f"OVERHEARD_SPEECH_{name}"] for name in ("MODELS", "AUDIO")]
    assert all(folder.startswith("/speech/") for folder in folders)
    assert worker["volumes"] == ["speech:/speech"]
    assert "cpus" in worker
    others = {name: service["environment"] for name, service in OURS.items()}
    assert {one["OVERHEARD_SPEECH"] for one in others.values()} == {"${OVERHEARD_SPEECH:-false}"}


def test_the_sweeper_shares_its_worker_with_no_other_queue() -> None:
    of_ops = [queues_of(service) for service in OURS.values() if "ops" in queues_of(service)]
    assert of_ops == [{"ops"}]


def test_worker_health_check_uses_the_name_of_the_worker() -> None:
    for service in LASTING.values():
        if queues_of(service):
            command, check = service["command"], service["healthcheck"]["test"]
            assert command[command.index("--name") + 1] == check[check.index("--name") + 1]


def test_valkey_persists_and_never_evicts() -> None:
    command = " ".join(SERVICES["valkey"]["command"])
    for wanted in ("--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"):
        assert wanted in command
    assert "--requirepass ${VALKEY_PASSWORD:?run ops/secrets.sh} " in command


def test_every_volume_is_declared_and_used() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    used = {mount.split(":")[0] for mount in mounts}
    files = {name for name in used if name.startswith("./")}
    assert (
        used - files
        == set(COMPOSE["volumes"])
        == {"grafana", "postgres", "prometheus", "search", "speech", "valkey"}
    )
    assert all((ROOT / name).exists() for name in files)


def test_the_web_service_believes_proxies_in_private_networks_only() -> None:
    believed = interpolated(SERVICES["web"]["environment"]["OVERHEARD_TRUSTED_PROXIES"]).split(",")
    assert len(believed) > 1
    assert all(ip_network(one).is_private for one in believed)


def test_every_password_has_to_be_set_and_is_random() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    passwords = re.findall(r"\$\{(\w*PASSWORD\w*)([^}]*)\}", text)
    assert {tail for _, tail in passwords} == {":?run ops/secrets.sh"}
    written = re.findall(r"\w+_PASSWORD", (ROOT / "ops" / "secrets.sh").read_text())
    assert set(written) == {name for name, _ in passwords}
    environments = [service.get("environment", {}) for service in SERVICES.values()]
    values = [str(value) for each in environments for value in each.values()]
    assert not [value for value in values if re.search(r":[^@/$]+@", interpolated(value))]


def test_the_role_that_owns_the_tables_is_for_the_migration() -> None:
    owners = {
        name for name, service in SERVICES.items() if "POSTGRES_PASSWORD" in json.dumps(service)
    }
    assert owners == {"postgres", "migrate"}


def test_secrets_keeps_what_is_there_and_adds_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    script = shutil.copy(ROOT / "ops" / "secrets.sh", tmp_path / "ops")
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=old\nVALKEY_PASSWORD=\nMINE=1")
    subprocess.run([script], check=True)
    lines = (tmp_path / ".env").read_text().splitlines()
    assert lines[:3] == ["POSTGRES_PASSWORD=old", "VALKEY_PASSWORD=", "MINE=1"]
    added = dict(line.split("=") for line in lines[3:])
    assert set(added) == {"SERVICE_PASSWORD", "VALKEY_PASSWORD", "GRAFANA_ADMIN_PASSWORD"}
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in added.values())
    assert len(set(added.values())) == 3


def test_the_image_gets_what_it_copies_and_is_made_by_the_uv_that_make_has() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    bootstrap = (ROOT / "scripts" / "bootstrap.sh").read_text()
    assert re.findall(r"/uv:([^\s@]+)", dockerfile) == re.findall(r"UV_VERSION=(\S+)", bootstrap)
