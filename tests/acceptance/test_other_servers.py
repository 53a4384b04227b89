"""The whole job on servers that are not the embedded ones, where this machine has them.

Each row of "Tested servers" in docs/operations.md is a run of this file. `DEBIAN_ROOT` names the
folder of another release of Debian whose servers are used (tests/servers/debian.py).
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.installation import Installation
from tests.acceptance.killing import COMMANDS, Processes
from tests.acceptance.worlds import opml
from tests.acceptance.writes import TABLES, Snapshot, row_versions, written
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.debian import free_port
from tests.servers.debian_postgres import debian_postgres
from tests.servers.debian_redis import debian_redis
from tests.servers.fault_server import FaultServer
from tests.servers.pgbouncer import pgbouncer, pgbouncer_version
from tests.servers.rabbitmq import rabbitmq
from tests.servers.worker import wait_until
from workers.local.demo.files import FEEDS
from workers.local.embedded import ServerUrls, embedded_servers

pytestmark = pytest.mark.slow

# Slow enough that kills meet jobs that run.
TRANSCRIPT_SECONDS = 0.2
KILLS = 3


@dataclass(frozen=True)
class Servers:
    """The URLs of a service's servers, and more settings for them."""

    database_url: str
    broker_url: str
    settings: dict[str, str]
    version: str = ""


@dataclass(frozen=True)
class Served:
    """A service on such servers that ingested the demo world while workers were killed."""

    installation: Installation
    web: str
    version: str

    def log(self) -> str:
        """What all processes logged."""
        return "".join(path.read_text() for path in self.installation.data.glob("*.log"))


def on_rabbitmq(stack: ExitStack, urls: ServerUrls, _: Certificates) -> Servers:
    return Servers(urls.database_url, stack.enter_context(rabbitmq()).url, {})


def on_rabbitmq_with_tls(stack: ExitStack, urls: ServerUrls, tls: Certificates) -> Servers:
    rabbit = stack.enter_context(rabbitmq(certificates=tls))
    return Servers(urls.database_url, rabbit.url, {"OVERHEARD_TLS_CA_FILE": str(tls.authority)})


def on_postgres(stack: ExitStack, urls: ServerUrls, _: Certificates) -> Servers:
    return Servers(stack.enter_context(debian_postgres()), urls.broker_url, {})


def on_tls(stack: ExitStack, _: ServerUrls, tls: Certificates) -> Servers:
    database = stack.enter_context(debian_postgres(tls))
    broker = stack.enter_context(debian_redis(tls))
    return Servers(database, broker, {"OVERHEARD_TLS_CA_FILE": str(tls.authority)})


def behind_pgbouncer(stack: ExitStack, urls: ServerUrls, _: Certificates) -> Servers:
    pooled = stack.enter_context(pgbouncer(urls.database_url))
    direct = {"OVERHEARD_MIGRATION_DATABASE_URL": urls.database_url}
    return Servers(pooled, urls.broker_url, direct, pgbouncer_version())


KINDS: tuple[Callable[[ExitStack, ServerUrls, Certificates], Servers], ...] = (
    on_rabbitmq,
    on_rabbitmq_with_tls,
    on_postgres,
    on_tls,
    behind_pgbouncer,
)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="overheard-others-"))
        folder = Path(name)
        folder.chmod(0o755)
        data = folder / "data"
        embedded = stack.enter_context(embedded_servers(data))
        tls = make_certificates(folder / "tls")
        servers = request.param(stack, embedded, tls)
        world = DemoWorld(stack.enter_context(FaultServer()), TRANSCRIPT_SECONDS)
        port = free_port()
        own = Installation(
            data,
            ServerUrls(servers.database_url, servers.broker_url, ""),
            {
                "OVERHEARD_DATABASE_URL": servers.database_url,
                "OVERHEARD_BROKER_URL": servers.broker_url,
                "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{world.address.split(':')[1]}",
                "OVERHEARD_WEB_PORT": str(port),
                "OVERHEARD_JOB_LEASE_SECONDS": "10",
                **servers.settings,
            },
        )
        commands = {**COMMANDS, "web": ("web",), "indexer": ("indexer",)}
        processes = stack.enter_context(Processes(own, commands))
        ingest_among_kills(own, world, processes)
        yield Served(own, f"http://127.0.0.1:{port}", servers.version)


def ingest_among_kills(own: Installation, world: DemoWorld, processes: Processes) -> None:
    (own.data / "world.opml").write_text(opml(world))
    own.overheard("podcasts", "import", str(own.data / "world.opml"))
    for _ in range(KILLS):
        wait_until(lambda: unfinished(own, "running"))
        processes.kill(["work"])
    wait_until(lambda: is_ingested(own), 180)


def unfinished(own: Installation, *states: str) -> int:
    query = "SELECT count(*) AS jobs FROM job WHERE state = ANY(%(states)s)"
    return int(own.query(query, states=list(states))[0]["jobs"])


def is_ingested(own: Installation) -> bool:
    active = own.query("SELECT count(*) AS podcasts FROM podcast WHERE state = 'active'")
    return active[0]["podcasts"] == len(FEEDS) and not unfinished(own, "waiting", "running")


def test_people_are_counted_as_published(served: Served) -> None:
    expected: Any = json.loads((files("workers.local.demo") / "expected.json").read_text("utf-8"))
    keys = ("name", "appearances", "episodes", "podcasts")
    people = served.installation.read_json("people", "list", "--limit", "0")
    assert [[person[key] for key in keys] for person in people] == [
        [person[key] for key in keys] for person in expected["people"]
    ]
    assert served.installation.read_json("recount")["changed"] == 0


def test_no_job_crashed_and_none_is_dead(served: Served) -> None:
    assert unfinished(served.installation, "dead") == 0
    assert "crashed" not in served.log()
    assert "Traceback" not in served.log()


def test_doctor_finds_no_problem(served: Served) -> None:
    findings = served.installation.read_json("doctor")
    named = [f["message"] for f in findings if f["check"] in {"database", "broker"}]
    print(*named, served.version, sep="; ")
    assert [finding for finding in findings if finding["state"] == "problem"] == []


def test_api_and_metrics_answer(served: Served) -> None:
    with httpx.Client(base_url=served.web, trust_env=False) as client:
        people = client.get("/api/v1/people")
        assert people.status_code == 200
        assert int(people.headers["RateLimit-Remaining"]) > 0
        metrics = client.get("/metrics").text
    assert "overheard_broker_up 1.0" in metrics
    assert "overheard_database_up 1.0" in metrics
    for queue in ("poll", "parse", "transcribe", "ops"):
        assert f'overheard_queue_messages{{queue="{queue}"}}' in metrics


def test_request_by_message_is_done_and_writes_nothing(served: Served) -> None:
    own = served.installation
    before = snapshot(own)
    kwargs = {"scope": {"all": True}, "request_id": "by-message", "stage": "fetch"}
    words = ("-m", "celery", "--app", "workers.celery_app", "call", "--queue", "ops")
    task = ("overheard.reingest.reingest", "--kwargs", json.dumps(kwargs))
    subprocess.run(
        [sys.executable, *words, *task],
        env=own.environment,
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        timeout=60,
    )
    wait_until(lambda: is_known(own, "by-message"))
    shown = json.loads(own.overheard("reingests", "show", "by-message", "--wait", "--json"))
    assert shown["state"] == "done", shown
    assert written(before, snapshot(own)) == {}


def is_known(own: Installation, request: str) -> bool:
    return bool(own.query("SELECT id FROM reingest_request WHERE id = %(id)s", id=request))


def snapshot(own: Installation) -> Snapshot:
    with own.connect() as connection:
        return Snapshot({table: row_versions(connection, table) for table in TABLES}, {})
