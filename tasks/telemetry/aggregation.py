"""Gathers measures in this process, and writes them down every few seconds, never within a job.

A killed process loses what it measured since it last wrote: at most ``WRITE_SECONDS``. Nothing but
graphs hangs on it, and no job waits for it (docs/adr/0028-metrics-table.md).
"""

import threading

import structlog
from sqlmodel import Session

from models.database import database_time, in_transaction, summarize_error
from tasks.telemetry.store import add_metrics
from tasks.telemetry.values import MetricBatch, bucket_of

WRITE_SECONDS = 5.0
END_SECONDS = 2.0
# Of a database that is away nothing is lost until a process has gathered so many different things.
MOST_KEYS = 5000

log = structlog.get_logger()


class MetricAggregator:
    """What one process gathers, from any of its threads."""

    def __init__(self) -> None:
        self._gathered = MetricBatch()
        self._changing = threading.Lock()
        self._writer: threading.Thread | None = None
        self._ended = threading.Event()

    def count(self, name: str, label: str = "", times: int = 1) -> None:
        """Note that something happened, so many times."""
        self._add((name, label, 0), times, 0)

    def took(self, name: str, label: str, took_ms: int) -> None:
        """Note that something happened, and how long it took."""
        self._add((name, label, bucket_of(took_ms)), 1, took_ms)

    def write(self) -> None:
        """Write down what was gathered; what cannot be written now is kept for the next time."""
        with self._changing:
            writing, self._gathered = self._gathered, MetricBatch()
        try:
            in_transaction(_add, writing)
        except Exception as error:  # noqa: BLE001  graphs must never end a worker
            log.warning("metrics_not_saved", message=summarize_error(error))
            self._keep(writing)

    def start(self) -> None:
        """Write down every few seconds from now on, by a thread of this process."""
        self._writer = threading.Thread(target=self._keep_writing, name="measures", daemon=True)
        self._writer.start()

    def end(self) -> None:
        """Write down what is left, and no more; a process that ends waits only a moment for it."""
        self._ended.set()
        if self._writer is not None:
            self._writer.join(timeout=END_SECONDS)
            if not self._writer.is_alive():
                self.write()

    def _add(self, key: tuple[str, str, int], count: int, total_ms: int) -> None:
        with self._changing:
            self._gathered.add(key, count, total_ms)

    def _keep(self, unwritten: MetricBatch) -> None:
        with self._changing:
            if len(unwritten.counts) + len(self._gathered.counts) <= MOST_KEYS:
                self._gathered.merge(unwritten)

    def _keep_writing(self) -> None:
        while not self._ended.wait(WRITE_SECONDS):
            self.write()


def _add(session: Session, gathered: MetricBatch) -> None:
    if gathered.counts:
        add_metrics(session, gathered, database_time(session))
