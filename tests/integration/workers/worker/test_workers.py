"""Real worker processes: a feed is ingested with exact counts, and failures are reported."""

import pytest
import redis

from tests.factories import differences, execute, figures, one, rows
from tests.integration.commands import run_process
from tests.integration.tasks.ingest.test_episode import EDITED, VTT
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from workers.celery_app import QUEUES, app

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database", "broker")]

QUICK = {"OVERHEARD_CONCURRENCY": "1", "OVERHEARD_SWEEP_TICK_SECONDS": "1"}
TABLES = (
    *("episode", "transcript", "speaker", "appearance"),
    *("person", "person_name", "person_day", "person_podcast"),
)


def feed_of(publisher: FaultServer, *names: str) -> bytes:
    """A feed with an episode of each name, whose transcripts the publisher serves."""
    items = "".join(
        f"<item><guid>{name}</guid><title>{name}</title>"
        f'<podcast:transcript url="{publisher.url(f"/{name}.vtt")}" type="text/vtt"/></item>'
        for name in names
    )
    body = (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0">'
        f"<channel><title>A podcast</title>{items}</channel></rss>"
    )
    return body.encode()


def feed(publisher: FaultServer, *names: str) -> str:
    return publisher.serve("/feed", Answer(body=feed_of(publisher, *names)))


def versions() -> dict[str, list[object]]:
    """The version of every row: its transaction and place, which change with each write."""
    query = "SELECT xmin::text || ctid::text AS version FROM {} ORDER BY 1"
    return {table: [row["version"] for row in rows(query.format(table))] for table in TABLES}


def test_ingest_and_reingest_run_on_worker_processes(publisher: FaultServer) -> None:
    publisher.serve("/good.vtt", Answer(body=VTT))
    publisher.serve("/poison.vtt", Answer(body=b"\x00" * 64))
    url = feed(publisher, "good", "poison")

    ingested = run_process("ingest", url, "--json", **QUICK)
    assert ingested.code == 1
    assert "Traceback" not in ingested.err
    assert "failed: A podcast: poison: " in ingested.err
    assert [(row["slug"], row["appearances"]) for row in ingested.json] == [
        ("ann-smith", 1),
        ("bob-jones", 1),
    ]
    assert one("SELECT array_agg(state ORDER BY state) FROM job") == ["dead", "done"]

    publisher.serve("/poison.vtt", Answer(body=EDITED))
    retried = run_process("reingest", f"podcast:{url}", **QUICK)
    assert retried.code == 0, retried.err
    assert figures()["Ann Smith"][:2] == (2, 2)

    before = versions()
    again = run_process("reingest", "all", "--stage", "fetch", **QUICK)
    assert again.code == 0, again.err
    assert versions() == before
    assert differences() == 0


def test_jobs_lost_by_broker_are_done_by_next_workers(
    publisher: FaultServer, broker: "redis.Redis"
) -> None:
    publisher.serve("/good.vtt", Answer(body=VTT))
    url = feed(publisher, "good")
    assert run_process("podcasts", "add", url).code == 0
    assert one("SELECT published_at IS NOT NULL FROM job")
    broker.flushdb()
    execute("UPDATE job SET published_at = published_at - interval '11 seconds'")
    done = run_process("ingest", url, **QUICK)
    assert done.code == 0, done.err
    assert one("SELECT republished FROM job") == 1
    assert figures()["Ann Smith"][0] == 1


def test_element_that_is_no_message_does_not_end_the_worker(
    publisher: FaultServer, broker: "redis.Redis"
) -> None:
    publisher.serve("/good.vtt", Answer(body=VTT))
    for queue in ("ops", "poll", "parse"):
        broker.lpush(f"overheard:{queue}", "garbage", "{}", "[1, 2]")
    done = run_process("ingest", feed(publisher, "good"), **QUICK)
    assert done.code == 0, done.err
    assert figures()["Ann Smith"][0] == 1
    assert done.err.count("event=message_refused") >= 6, done.err
    assert "Traceback" not in done.err


def test_message_to_an_exchange_reaches_one_queue(broker: "redis.Redis") -> None:
    with app.connection_for_write() as connection, connection.channel() as channel:
        for queue in app.amqp.queues.values():
            queue(channel).declare()
        connection.Producer(channel).publish({}, exchange="ops", routing_key="ops")
    assert {name: broker.llen(f"overheard:{name}") for name in QUEUES} == {
        "ops": 1, "poll": 0, "parse": 0, "transcribe": 0,
    }  # fmt: skip
