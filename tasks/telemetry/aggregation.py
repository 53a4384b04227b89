"""Aggregate metrics in this process, and save them every few seconds, never within a job.

A killed process loses the metrics of at most ``WRITE_SECONDS``. Only graphs depend on them, and no
job waits for them (docs/adr/0028-metrics-table.md).
"""

import threading

import structlog

from models.database import Session, database_time, in_transaction, summarize_error
from tasks.telemetry.store import add_metrics
from tasks.telemetry.values import MetricBatch, bucket_of

WRITE_SECONDS = 5.0
STOP_SECONDS = 2.0
# While the database is unavailable, a process buffers metrics up to this many different keys.
MAX_KEYS = 5000

log = structlog.get_logger()


class MetricAggregator:
    """The metrics of one process, from any of its threads."""

    def __init__(self) -> None:
        self._batch = MetricBatch()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._ended = threading.Event()

    def count(self, name: str, label: str = "", times: int = 1) -> None:
        """Count an event, this many times."""
        self._add((name, label, 0), times, 0)

    def observe(self, name: str, label: str, took_ms: int) -> None:
        """Count an event and its duration in milliseconds."""
        self._add((name, label, bucket_of(took_ms)), 1, took_ms)

    def write(self) -> None:
        """Save the metrics; those that cannot be saved now are saved with the next ones."""
        with self._lock:
            writing, self._batch = self._batch, MetricBatch()
        try:
            in_transaction(_add, writing)
        except Exception as error:
            log.warning("metrics_not_saved", message=summarize_error(error), exc_info=error)
            self._merge_back(writing)

    def start(self) -> None:
        """Start a thread that saves the metrics every few seconds."""
        self._writer = threading.Thread(target=self._write_regularly, name="metrics", daemon=True)
        self._writer.start()

    def end(self) -> None:
        """Save the remaining metrics and stop; waits at most ``STOP_SECONDS`` for the thread."""
        self._ended.set()
        if self._writer is not None:
            self._writer.join(timeout=STOP_SECONDS)
            if not self._writer.is_alive():
                self.write()

    def _add(self, key: tuple[str, str, int], count: int, total_ms: int) -> None:
        with self._lock:
            self._batch.add(key, count, total_ms)

    def _merge_back(self, unwritten: MetricBatch) -> None:
        with self._lock:
            if len(unwritten.counts) + len(self._batch.counts) <= MAX_KEYS:
                self._batch.merge(unwritten)

    def _write_regularly(self) -> None:
        while not self._ended.wait(WRITE_SECONDS):
            self.write()


def _add(session: Session, batch: MetricBatch) -> None:
    if batch.counts:
        add_metrics(session, batch, database_time(session))
