"""The values of identity: decisions in the ledger, speakers, and how each of them stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# The kinds of decision, as the ledger has them (models.EventKind).
MERGE, SPLIT, NEVER_MERGE = "merge", "split", "never_merge"
RENAME, ALIAS, ASSIGN = "rename", "alias", "assign"
NOT_A_PERSON, SUPPRESS = "not_a_person", "suppress"
RELEASE, QUARANTINE, UNDO = "release", "quarantine", "undo"


@dataclass(frozen=True, slots=True)
class DecisionEvent:
    """One decision of the ledger; see models.IdentityEvent for what each column says."""

    id: int
    kind: str
    person_id: int | None = None
    target_person_id: int | None = None
    podcast_id: int | None = None
    episode_id: int | None = None
    label: str | None = None
    name: str | None = None
    fingerprints: tuple[int, ...] = ()
    undone: bool = False

    @property
    def narrowness(self) -> int:
        """How narrow its scope is: one episode 2, one podcast 1, everywhere 0."""
        return 2 if self.episode_id is not None else int(self.podcast_id is not None)

    def holds_in(self, podcast_id: int, episode_id: int) -> bool:
        """Whether its scope includes this episode."""
        return self.podcast_id in {None, podcast_id} and self.episode_id in {None, episode_id}


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """An event as it was recorded, for whoever caused it."""

    id: int
    uuid: UUID
    kind: str
    actor: str
    reason: str
    at: datetime
    person_id: int | None
    target_person_id: int | None
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Attribution:
    """How a speaker stands: for whom it counts, if for anybody, why, and by which decision."""

    person_id: int | None
    status: str
    reason: str = ""
    decided_by: int | None = None


@dataclass(frozen=True, slots=True)
class SpeakerState:
    """A speaker as far as identity is concerned, and how it stands so far.

    ``key`` and ``quarantine_rule`` are what they are now, ``stored_label_key`` and ``stored_quarantine_rule`` as stored;
    a
    speaker that was never held has none.
    """

    id: int
    episode_id: int
    podcast_id: int
    label: str
    key: str
    matched_person_id: int | None
    quarantine_rule: str
    held: Attribution
    stored_label_key: str | None
    stored_quarantine_rule: str

    def is_held_as(self, attribution_of: Attribution) -> bool:
        """Whether its row says all of this already."""
        kept = (self.held, self.stored_label_key, self.stored_quarantine_rule)
        return kept == (attribution_of, self.key, self.quarantine_rule)


class DecisionRefused(ValueError):
    """A decision that cannot be taken, with a reason word and a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
