"""An outage of a server in the log: one line when it begins, counts between, one when it ends.

Otherwise every task and every retry writes its own, with a traceback of 9 kB, for as long as the
server is away.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from celery.signals import after_task_publish, task_prerun, task_received, task_success
from sqlalchemy import Connection, Engine, event
from structlog.typing import EventDict

from models.database import is_unavailable, summarize_error
from tasks.jobs.broker import is_broker_error

Server = Literal["database", "broker", "collector"]

# The first count comes after so many seconds, the next ones in every hour.
FIRST_COUNT_SECONDS, NEXT_COUNT_SECONDS = 150.0, 3600.0

# What Celery and kombu log as a text while they have no broker, and when they have one again.
_BROKER_FAILED = (
    "consumer: Cannot connect",
    "consumer: Connection to broker lost",
    "beat: Connec",
    "Redis BRPOP got no reply",
    "Redis pub/sub connection missed",
)
_BROKER_IS_BACK = ("Connected to ",)
# SQLAlchemy's logger of connections that it gives up; what it says is not always an exception.
_POOL = "sqlalchemy.pool"
# Events of our own that say why they failed, in place of an exception.
_REASONS: dict[str, Server] = {"broker_unreachable": "broker"}

_DECIDED = "overheard_stays"

log = structlog.get_logger()


@dataclass
class _Outage:
    began: float
    counted: float
    failures: int = 1


@dataclass
class Outages:
    """The outages of servers that this process has met and that have not ended."""

    current: dict[Server, _Outage] = field(default_factory=dict)
    failed_in_task: set[Server] = field(default_factory=set)

    def failed(self, server: Server, message: str) -> None:
        """Count a failure; log the first one, and the count from time to time."""
        now = time.monotonic()
        self.failed_in_task.add(server)
        outage = self.current.get(server)
        if outage is None:
            self.current[server] = _Outage(now, now + FIRST_COUNT_SECONDS - NEXT_COUNT_SECONDS)
            log.error("server_unavailable", server=server, message=message)
            return
        outage.failures += 1
        if now - outage.counted > NEXT_COUNT_SECONDS:
            outage.counted = now
            log.warning("server_still_unavailable", server=server, **_figures(outage, now))

    def succeeded(self, server: Server) -> None:
        """Log the end of an outage, if there was one."""
        if outage := self.current.pop(server, None):
            log.info("server_available", server=server, **_figures(outage, time.monotonic()))


def _figures(outage: _Outage, now: float) -> dict[str, object]:
    return {"failures": outage.failures, "seconds": round(now - outage.began)}


outages = Outages()


class OutageFilter(logging.Filter):
    """Takes the lines of an outage out of a log, and hands them to `Outages`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line stays in the log; decided once for all places to which it goes."""
        stays: bool | None = getattr(record, _DECIDED, None)
        if stays is None:
            stays = _stays(record)
            setattr(record, _DECIDED, stays)
        return stays


def _stays(record: logging.LogRecord) -> bool:
    if found := _failure(record):
        outages.failed(*found)
        return False
    if isinstance(record.msg, str) and record.msg.startswith(_BROKER_IS_BACK):
        outages.succeeded("broker")
    return True


def _failure(record: logging.LogRecord) -> tuple[Server, str] | None:
    """The server that a line is about, and what it says; None for every other line."""
    if record.exc_info and record.exc_info[1] and (found := _failed_server(record.exc_info[1])):
        return found
    if isinstance(record.msg, dict):
        line: EventDict = record.msg
        error = line.get("exc_info")
        if isinstance(error, BaseException) and (found := _failed_server(error)):
            return found
        server = _REASONS.get(str(line.get("reason")))
        return (server, str(line.get("message", ""))) if server else None
    return _failure_of_library(record) if record.levelno >= logging.WARNING else None


def _failure_of_library(record: logging.LogRecord) -> tuple[Server, str] | None:
    """The same of a line that is a text."""
    line = record.getMessage().partition("\n")[0]
    if record.name.startswith(_POOL):
        return "database", line
    return ("broker", line) if line.startswith(_BROKER_FAILED) else None


def _failed_server(error: BaseException) -> tuple[Server, str] | None:
    """The server for which an exception is an outage, also by its cause."""
    cause: BaseException | None = error
    while cause is not None:
        if is_unavailable(cause):
            return "database", summarize_error(cause)
        if is_broker_error(cause):
            return "broker", str(cause)
        cause = cause.__cause__ or cause.__context__
    return None


@task_prerun.connect
def _on_task_start(**_: Any) -> None:
    outages.failed_in_task.clear()


@task_success.connect
def _on_task_success(sender: Any = None, **_: Any) -> None:
    """The broker delivers tasks again, where one ran to its end without it failing.

    Heartbeats are not delivered. Of the database it says nothing: some tasks need none.
    """
    if getattr(sender, "name", "") == "overheard.telemetry.heartbeat":
        return
    if "broker" not in outages.failed_in_task:
        outages.succeeded("broker")


@event.listens_for(Engine, "commit")
def _on_commit(_: Connection) -> None:
    """The database answered."""
    outages.succeeded("database")


@after_task_publish.connect
@task_received.connect
def _on_message(**_: Any) -> None:
    """A message went through the broker: a connection may come back without Celery's word."""
    outages.succeeded("broker")
