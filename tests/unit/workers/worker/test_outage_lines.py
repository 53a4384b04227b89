"""Lines of libraries that are about an outage are counted, and stay out of the log."""

import logging

import pytest
from structlog.testing import capture_logs

from workers.worker.outages import OutageFilter, outages


@pytest.mark.parametrize(
    "message",
    [
        "consumer: Connection to broker lost. Trying to re-establish the connection...",
        "Redis BRPOP got no reply for 76 seconds; dropping stale connection",
        "Redis pub/sub connection missed 2 health check responses; dropping stale connection",
    ],
)
def test_line_of_a_lost_connection_is_part_of_an_outage(message: str) -> None:
    record = logging.LogRecord("kombu", logging.WARNING, "", 0, message, None, None)
    with capture_logs() as logged:
        assert not OutageFilter().filter(record)
        outages.succeeded("broker")
    assert [one["event"] for one in logged] == ["server_unavailable", "server_available"]


def test_connection_that_is_given_up_is_part_of_an_outage() -> None:
    message = "Exception during reset or similar"
    name = "sqlalchemy.pool.impl.QueuePool"
    record = logging.LogRecord(name, logging.ERROR, "", 0, message, None, None)
    with capture_logs() as logged:
        assert not OutageFilter().filter(record)
        outages.succeeded("database")
    assert [one["server"] for one in logged] == ["database", "database"]


def test_other_line_of_a_library_stays() -> None:
    record = logging.LogRecord("kombu", logging.WARNING, "", 0, "Something else", None, None)
    with capture_logs() as logged:
        assert OutageFilter().filter(record)
    assert logged == []
