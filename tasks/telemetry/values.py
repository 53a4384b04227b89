"""What a process has measured since it last wrote it down: counts by name, label and bucket."""

from bisect import bisect_left
from dataclasses import dataclass, field

# Upper bounds in milliseconds; what took longer falls into one more bucket. They are numbered in
# the rows: add new ones at the end only together with a migration that empties the table.
BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000)

Key = tuple[str, str, int]


def bucket_of(took_ms: int) -> int:
    """The number of the bucket for a duration; a bound belongs to its bucket (Prometheus: le)."""
    return bisect_left(BOUNDS_MS, took_ms)


@dataclass(slots=True)
class MetricBatch:
    """Counts and milliseconds by (name, label, bucket). Not safe for several threads by itself."""

    counts: dict[Key, int] = field(default_factory=dict)
    totals_ms: dict[Key, int] = field(default_factory=dict)

    def add(self, key: Key, count: int, total_ms: int) -> None:
        """Add what happened to what was there."""
        self.counts[key] = self.counts.get(key, 0) + count
        self.totals_ms[key] = self.totals_ms.get(key, 0) + total_ms

    def merge(self, other: "MetricBatch") -> None:
        """Add everything that another has gathered."""
        for key, count in other.counts.items():
            self.add(key, count, other.totals_ms[key])
