"""What travels between the steps of a search: questions, filters, places, findings."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class SearchRefused(Exception):
    """A search that makes no sense; ``position`` is where in the text, from 1, if it has one."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position

    def __str__(self) -> str:
        """One sentence for whoever typed it."""
        place = f" (at character {self.position})" if self.position else ""
        return f"{self.args[0]}{place}"


class Order(StrEnum):
    """What comes first."""

    relevance = "relevance"
    date = "date"


@dataclass(frozen=True, slots=True)
class Filters:
    """Where is searched; days are UTC dates that episodes count for, both included."""

    person_id: int | None = None
    podcast_id: int | None = None
    language: str | None = None
    since: date | None = None
    until: date | None = None


class Segment(NamedTuple):
    """A segment as the index takes it in; ``language`` is a primary subtag, '' when unknown."""

    appearance_id: int
    episode_id: int
    podcast_id: int
    person_id: int | None
    day: date
    position: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many matches there are by podcast and person (ids), over the newest ``among``."""

    podcasts: dict[int, int] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)
    among: int = 0


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What the index says: ids of appearances in order, and how many match in all."""

    appearance_ids: list[int]
    total: int
    next_place: int | None = None
