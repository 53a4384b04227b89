"""People as far as suggestions compare them, and what is suggested."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SpeakingPerson:
    """Somebody who speaks in a podcast: their comparable name, and in which episodes there."""

    person_id: int
    name: str
    key: str
    appearances: int
    episodes: frozenset[int]


@dataclass(frozen=True, slots=True)
class SuggestedDecision:
    """A suggestion about a person, with a score from 0 to 1 and what speaks for it."""

    kind: str
    person_id: int
    target_person_id: int | None = None
    podcast_id: int | None = None
    score: float = 0.0
    evidence: dict[str, Any] = field(default_factory=dict)
