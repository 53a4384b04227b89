"""Values of identity: the decisions of humans, and the attribution of speakers that follows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# The kinds of decision, as the column identity_event.kind has them.
MERGE, SPLIT, NEVER_MERGE = "merge", "split", "never_merge"
RENAME, ALIAS, ASSIGN = "rename", "alias", "assign"
NOT_A_PERSON, SUPPRESS = "not_a_person", "suppress"
RELEASE, QUARANTINE, UNDO = "release", "quarantine", "undo"


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the decision log; its columns are those of ``IdentityDecision``."""

    id: int
    kind: str
    person_id: int | None = None
    target_person_id: int | None = None
    podcast_id: int | None = None
    episode_id: int | None = None
    label: str | None = None
    name: str | None = None
    fingerprints: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    undone: bool = False

    @property
    def narrowness(self) -> int:
        """How narrow the scope is: one episode 2, one podcast 1, everywhere 0."""
        return 2 if self.episode_id is not None else int(self.podcast_id is not None)

    def applies_in(self, podcast_ids: Collection[int], episode_id: int) -> bool:
        """Whether the scope includes this episode, which has come to these podcasts."""
        in_podcast = self.podcast_id is None or self.podcast_id in podcast_ids
        return in_podcast and self.episode_id in {None, episode_id}


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision as it was recorded; ``changed`` is the number of speakers that it changed."""

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
    """The person that a speaker counts for, if any, the status, the reason, and the decision."""

    person_id: int | None
    status: str
    reason: str = ""
    decided_by: int | None = None


@dataclass(frozen=True, slots=True)
class SpeakerState:
    """A speaker with what its attribution depends on, and the attribution that is stored.

    ``podcast_ids`` are the podcast whose feed listed the episode, and those that it was merged
    into. ``key`` and ``quarantine_rule`` are current, ``stored_label_key`` and
    ``stored_quarantine_rule`` are as stored. A speaker that was never attributed has no stored
    label key.
    """

    id: int
    episode_id: int
    podcast_ids: tuple[int, ...]
    label: str
    key: str
    matched_person_id: int | None
    quarantine_rule: str
    stored: Attribution
    stored_label_key: str | None
    stored_quarantine_rule: str

    def is_stored_as(self, attribution: Attribution) -> bool:
        """Whether the row already has this attribution and the current key and rule."""
        stored = (self.stored, self.stored_label_key, self.stored_quarantine_rule)
        return stored == (attribution, self.key, self.quarantine_rule)


class DecisionRefused(ValueError):
    """A decision that cannot be taken, with a reason code and a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
