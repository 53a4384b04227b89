"""Error reports as Sentry receives them: what failed and where, and nothing about anybody."""

import logging
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from models.database import in_transaction
from tasks.podcasts.store.add import add_by_url
from tests.acceptance.installation import Installation
from tests.acceptance.killing import COMMANDS, Processes
from tests.factories import execute, rows
from tests.integration.workers.telemetry.private_show import SECRETS, TOKEN, serve_private_show
from tests.servers.collector import Collector, collector
from tests.servers.fault_server import FaultServer
from tests.servers.worker import wait_until
from workers.local.embedded import ServerUrls
from workers.telemetry.error_reports import begin_error_reports

URL = f"https://ann:s3cretpw@podcast.example/secret-path?token={TOKEN}"


@pytest.fixture
def received() -> Iterator[Collector]:
    with collector() as running:
        yield running


def crash(url: str) -> None:
    private = [url, *SECRETS]
    try:
        execute("INSERT INTO podcast (feed_url) VALUES (:url)", url=private[0])
    except DBAPIError as error:
        raise LookupError(f"nobody of {private}") from error


def error_of(report: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = report["exception"]["values"][-1]
    return error


@pytest.mark.usefixtures("database")
def test_report_has_type_stack_and_ids_and_no_text(received: Collector) -> None:
    end = begin_error_reports(received.dsn)
    log, library = logging.getLogger("tasks.jobs"), logging.getLogger("uvicorn.error")
    about = {"job_id": 7, "reason": "crashed", "feed": URL, "account": SECRETS[2]}
    try:
        crash(URL)
    except LookupError:  # the first as structlog hands it over
        log.log(logging.ERROR, {"event": "job_crashed", "exc_info": True, **about})
        library.exception("Exception for %s", URL)
        library.error("%s without an exception", URL)
        log.warning({"event": "feed_failed", **about})
    end()
    reports = received.reports()
    assert [report["message"] for report in reports] == ["job_crashed", "library", "library"]
    assert reports[0]["tags"] == {"job_id": "7", "reason": "crashed"}
    assert [error_of(report)["type"] for report in reports[:2]] == ["LookupError"] * 2
    last = error_of(reports[0])["stacktrace"]["frames"][-1]
    assert (last["function"], Path(last["filename"]).name) == ("crash", Path(__file__).name)
    assert last["context_line"].strip().startswith("raise LookupError")
    assert not [secret for secret in SECRETS if secret in received.everything]


@pytest.mark.slow
def test_crashed_job_of_a_worker_is_reported_without_its_data(
    received: Collector,
    publisher: FaultServer,
    database: str,
    broker: object,
    broker_url: str,
    tmp_path: Path,
) -> None:
    del broker
    settings = {
        "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{publisher.port}",
        "OVERHEARD_SENTRY_DSN": received.dsn,
        "OVERHEARD_POLL_TICK_SECONDS": "0.5",
    }
    own = Installation(tmp_path, ServerUrls(database, broker_url, ""), settings)
    in_transaction(add_by_url, serve_private_show(publisher))
    crashing = {"work": {"tasks.ingest.episode.count_appearances": "no function"}}
    with Processes(own, COMMANDS, crashing, migrated=True):
        wait_until(received.reports)
        wait_until(lambda: rows("SELECT FROM job WHERE reason = 'crashed'"))
    report = received.reports()[0]
    (job,) = rows("SELECT id, correlation_id FROM job")
    assert (report["message"], error_of(report)["type"]) == ("job_crashed", "TypeError")
    assert report["tags"]["job_id"] == str(job["id"])
    assert report["tags"]["correlation_id"] == job["correlation_id"]
    assert report["release"] == f"overheard@{version('overheard')}"
    assert not [secret for secret in SECRETS if secret in received.everything]
