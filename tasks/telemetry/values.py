"""A batch of metrics: counts and durations by name, label and histogram bucket. Pure."""

from bisect import bisect_left
from dataclasses import dataclass, field

# Upper bounds in milliseconds; longer durations fall into one more bucket. Rows store the number of
# the bucket: a change of the bounds needs a migration that empties the table.
BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000)

MetricKey = tuple[str, str, int]


def bucket_of(took_ms: int) -> int:
    """Return the bucket number of a duration; a bound belongs to its bucket (Prometheus: le)."""
    return bisect_left(BOUNDS_MS, took_ms)


@dataclass(slots=True)
class MetricBatch:
    """Counts and milliseconds by (name, label, bucket). Not thread-safe."""

    counts: dict[MetricKey, int] = field(default_factory=dict)
    totals_ms: dict[MetricKey, int] = field(default_factory=dict)

    def add(self, key: MetricKey, count: int, total_ms: int) -> None:
        """Add a count and a duration to the key."""
        self.counts[key] = self.counts.get(key, 0) + count
        self.totals_ms[key] = self.totals_ms.get(key, 0) + total_ms

    def merge(self, other: "MetricBatch") -> None:
        """Add all metrics of another batch."""
        for key, count in other.counts.items():
            self.add(key, count, other.totals_ms[key])
