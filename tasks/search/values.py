"""Values of a search: filters, order, indexed segments, results and counts."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from models.year_span import year_of


class SearchRefused(Exception):
    """The search is invalid; ``position`` is where in its text, from 1, if known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position

    def __str__(self) -> str:
        """Return the message for the user, with the position."""
        where = f" (at character {self.position})" if self.position else ""
        return f"{self.args[0]}{where}"


class Order(StrEnum):
    """The order of search results."""

    relevance = "relevance"
    date = "date"


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a search; ``since`` and ``until`` are UTC dates of episodes, inclusive."""

    person_id: int | None = None
    podcast_id: int | None = None
    language: str | None = None
    since: date | None = None
    until: date | None = None
    episode_id: int | None = None

    @property
    def year(self) -> int | None:
        """The year, if the days are those of one year."""
        return year_of(self.since, self.until)


class IndexedSegment(NamedTuple):
    """A segment to index; ``language`` is a primary subtag (BCP 47), '' when unknown."""

    appearance_id: int
    episode_id: int
    podcast_id: int
    person_id: int | None
    day: date
    position: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Matches by podcast id, person id and year, among the newest ``among`` matches."""

    podcasts: dict[int, int] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)
    years: dict[int, int] = field(default_factory=dict)
    among: int = 0


@dataclass(frozen=True, slots=True)
class SearchResults:
    """Appearance ids in order, the total number of matches, and the cursor of the next page."""

    appearance_ids: list[int]
    total: int
    next_cursor: int | None = None
