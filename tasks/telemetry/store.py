"""Add the metrics of a process to the totals of all processes, by one statement."""

from datetime import datetime

from models.database import Session
from models.database.sql import execute
from tasks.telemetry.values import MetricBatch

# In the order of the key, so that two processes cannot deadlock.
_ADD = """
    INSERT INTO metric_bucket (name, label, bucket, count, total_ms, updated_at)
    SELECT name, label, bucket, count, total_ms, :now
    FROM unnest(CAST(:names AS text[]), CAST(:labels AS text[]), CAST(:buckets AS smallint[]),
                CAST(:counts AS bigint[]), CAST(:totals AS bigint[]))
         AS g (name, label, bucket, count, total_ms)
    ORDER BY name, label, bucket
    ON CONFLICT (name, label, bucket) DO UPDATE SET count = metric_bucket.count + excluded.count,
        total_ms = metric_bucket.total_ms + excluded.total_ms, updated_at = excluded.updated_at
"""


def add_metrics(session: Session, batch: MetricBatch, now: datetime) -> None:
    """Add a batch of metrics to the stored totals."""
    if not batch.counts:
        return
    keys = sorted(batch.counts)
    params = {
        "names": [name for name, _, _ in keys],
        "labels": [label for _, label, _ in keys],
        "buckets": [bucket for _, _, bucket in keys],
        "counts": [batch.counts[key] for key in keys],
        "totals": [batch.totals_ms[key] for key in keys],
        "now": now,
    }
    execute(session, _ADD, params)
