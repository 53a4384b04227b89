"""What is true, by the plainest possible reading: one row for each segment, and sums in Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.integration.web.world import ShownWorld

_SEGMENTS = """
    SELECT a.id, a.position, a.text, s.label, s.status, s.id AS speaker_id, o.slug, o.name,
           e.id AS episode_id, e.stats_date AS day, e.podcast_id, p.title AS podcast
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
    JOIN podcast p ON p.id = e.podcast_id LEFT JOIN person o ON o.id = s.person_id
"""
_TOPICS = """
    SELECT t.slug, x.episode_id FROM episode_topic x JOIN topic t ON t.id = x.topic_id
"""
_SPOKEN = """
    SELECT o.slug, s.spoken_ms FROM speaker s JOIN person o ON o.id = s.person_id
"""


@dataclass(frozen=True)
class Facts:
    """Every segment, and the topics of every episode."""

    segments: list[dict[str, Any]]
    topics: dict[str, set[int]]
    spoken_ms: Counter[str]

    def of(self, **wanted: Any) -> list[dict[str, Any]]:
        """The segments with these values."""
        return [one for one in self.segments if all(one[name] == v for name, v in wanted.items())]

    def newest_first(self, **wanted: Any) -> list[dict[str, Any]]:
        """The same in the order of the pages."""
        found = sorted(self.of(**wanted), key=lambda one: one["position"])
        return sorted(found, key=lambda one: (one["day"], one["episode_id"]), reverse=True)


def facts(world: ShownWorld) -> Facts:
    """Every appearance, with its episode, podcast and topics."""
    topics: defaultdict[str, set[int]] = defaultdict(set)
    for row in world.ask(_TOPICS):
        topics[row["slug"]].add(row["episode_id"])
    spoken: Counter[str] = Counter()
    for row in world.ask(_SPOKEN):
        spoken[row["slug"]] += row["spoken_ms"]
    return Facts(world.ask(_SEGMENTS), dict(topics), spoken)


def count_by(
    segments: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], Hashable]
) -> Counter[Any]:
    """How many segments there are of each."""
    return Counter(map(key, segments))


def distinct(segments: Iterable[dict[str, Any]], name: str) -> int:
    """How many different values there are."""
    return len({one[name] for one in segments})


def month(day: date) -> str:
    """As the table of a timeline says it."""
    return day.strftime("%b %Y")
