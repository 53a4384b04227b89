"""Values of suggestions: the people they compare, and the decisions they suggest."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SpeakingPerson:
    """A person who speaks in a podcast: name, comparable name, and episodes there."""

    person_id: int
    name: str
    key: str
    appearances: int
    episodes: frozenset[int]


@dataclass(frozen=True, slots=True)
class SuggestedDecision:
    """A suggested merge or split, with a score from 0 to 1 and the evidence for it."""

    kind: str
    person_id: int
    target_person_id: int | None = None
    podcast_id: int | None = None
    score: float = 0.0
    evidence: dict[str, Any] = field(default_factory=dict)
