"""Traces of real processes, received over OTLP: from a tick to the SQL of an episode."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from models.database import in_transaction
from tasks.podcasts.store.add import add_by_url
from tests.acceptance.installation import Installation
from tests.acceptance.killing import COMMANDS, Processes
from tests.factories import one, rows
from tests.integration.workers.telemetry.private_show import SECRETS, serve_private_show
from tests.servers.collector import Collector, ReceivedSpan, collector
from tests.servers.debian import free_port
from tests.servers.fault_server import FaultServer
from tests.servers.worker import wait_until
from workers.local.embedded import ServerUrls
from workers.telemetry.trace_ids import trace_id_of

pytestmark = pytest.mark.slow

PASSWORD, CONTACT = "pw-of-the-database", "ann-of-the-contact"


@pytest.fixture
def received() -> Iterator[Collector]:
    with collector() as running:
        yield running


@pytest.fixture
def traced(
    received: Collector,
    publisher: FaultServer,
    database: str,
    broker: object,
    broker_url: str,
    tmp_path: Path,
) -> Installation:
    del broker
    url = make_url(database).set(password=PASSWORD).render_as_string(hide_password=False)
    settings = {
        "OVERHEARD_DATABASE_URL": url,
        "OVERHEARD_BROKER_URL": broker_url,
        "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{publisher.port}",
        "OVERHEARD_CONTACT_URL": f"https://contact.example/{CONTACT}",
        "OVERHEARD_OTLP_ENDPOINT": received.url,
        "OVERHEARD_POLL_TICK_SECONDS": "0.5",
        "OVERHEARD_LOG_FORMAT": "json",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    return Installation(tmp_path, ServerUrls(url, broker_url, ""), settings)


def path_to_root(span: ReceivedSpan, spans: list[ReceivedSpan]) -> list[tuple[str, str]]:
    """The service and the name of a span and of all above it."""
    by_id = {each.span_id: each for each in spans}
    path = [(span.service, span.name)]
    while span.parent_id:
        span = by_id[span.parent_id]
        path.append((span.service, span.name))
    return path


def test_trace_of_an_episode_leads_from_tick_to_sql(
    traced: Installation, received: Collector, publisher: FaultServer
) -> None:
    in_transaction(add_by_url, serve_private_show(publisher))
    with Processes(traced, migrated=True):
        wait_until(lambda: rows("SELECT FROM job WHERE state = 'done'"))
        trace_id = trace_id_of(one("SELECT correlation_id FROM job"))

        def copies() -> list[ReceivedSpan]:
            return [span for span in spans() if "COPY appearance" in str(span.attributes)]

        def spans() -> list[ReceivedSpan]:
            return [span for span in received.spans() if span.trace_id == trace_id]

        wait_until(copies)
        wait_until(lambda: "overheard.ingest.parse_episode" in {span.name for span in spans()})
    path = path_to_root(copies()[0], spans())
    assert path == [
        ("overheard-worker", "COPY"),
        ("overheard-worker", "overheard.ingest.parse_episode"),
        ("overheard-worker", "send overheard.ingest.parse_episode"),
        ("overheard-worker", "overheard.polling.poll_feeds"),
        ("overheard-worker", "send overheard.polling.poll_feeds"),
        ("overheard-worker", "overheard.polling.poll_due_feeds"),
        ("overheard-beat", "send overheard.polling.poll_due_feeds"),
    ]
    episode = next(span for span in spans() if span.name == "overheard.ingest.parse_episode")
    assert "job_done" in episode.events
    for secret in (*SECRETS, PASSWORD, CONTACT):
        assert secret not in received.everything


def test_request_is_a_trace_of_its_route_without_its_path(
    traced: Installation, received: Collector
) -> None:
    port = free_port()
    traced.settings["OVERHEARD_WEB_PORT"] = str(port)  # type: ignore[index]  # a dictionary
    with (
        Processes(traced, {"web": ("web",)}, migrated=True),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        wait_until(lambda: answers(client))
        agent = {"User-Agent": "ann-of-the-browser", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        client.get("/people/zyxwena-quillfeather?token=t0ps3cretvalue", headers=agent)
        client.get("/api/v1/people/zyxwena-quillfeather", headers=agent)
        wait_until(lambda: len(requests(received)) == 2)
        wait_until(lambda: [span for span in received.spans() if span.name == "SELECT"])
    assert [span.name for span in requests(received)] == [
        "GET /people/{slug}",
        "GET /api/v1/people/{slug}",
    ]
    assert {span.attributes["http.response.status_code"] for span in requests(received)} == {404}
    for secret in (*SECRETS, "zyxwena", "ann-of-the-browser", "127.0.0.1", PASSWORD):
        assert secret not in received.everything


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live").status_code > 0
    except httpx.TransportError:
        return False


def requests(received: Collector) -> list[ReceivedSpan]:
    return [
        span for span in received.spans() if span.service == "overheard-web" and not span.parent_id
    ]


def test_outage_of_the_collector_is_two_lines_and_stops_nothing(
    traced: Installation, received: Collector, publisher: FaultServer
) -> None:
    received.broken = True
    in_transaction(add_by_url, serve_private_show(publisher))
    one_process = ("worker", "--queues", "poll,parse,ops", "--concurrency", "1")
    log = traced.data / "work.log"

    def lines(event: str) -> list[dict[str, object]]:
        found = [json.loads(line) for line in log.read_text().splitlines()]
        return [line for line in found if line["event"] == event]

    commands = {"work": one_process, "beat": COMMANDS["beat"]}
    with Processes(traced, commands, migrated=True):
        wait_until(lambda: rows("SELECT FROM job WHERE state = 'done'"))
        wait_until(lambda: lines("server_unavailable"))
        received.broken = False
        wait_until(lambda: lines("server_available"))
    assert [line["server"] for line in lines("server_unavailable")] == ["collector"]
    assert "Traceback" not in log.read_text()
