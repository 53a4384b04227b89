"""What the ledger says in sum: who was merged, split, suppressed, and what labels mean."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.speakers.decision_values import (
    ALIAS,
    MERGE,
    NOT_A_PERSON,
    QUARANTINE,
    RELEASE,
    SPLIT,
    SUPPRESS,
    DecisionEvent,
    SpeakerState,
)
from tasks.speakers.label_keys import label_key


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody that a speaker was led to, and the decision that led there (None: the start)."""

    person_id: int
    by: DecisionEvent | None = None


@dataclass(frozen=True, slots=True)
class DecisionState:
    """The decisions in force, arranged for the questions that are asked about a speaker."""

    merges: Mapping[int, DecisionEvent]
    splits: Mapping[int, list[DecisionEvent]]
    suppressed: Mapping[int, DecisionEvent]
    person_clearances: Mapping[int, list[DecisionEvent]]
    label_clearances: Mapping[str, list[DecisionEvent]]
    label_meanings: Mapping[str, list[DecisionEvent]]
    assigned: Mapping[int, DecisionEvent]

    @classmethod
    def of(
        cls, events: Iterable[DecisionEvent], assigned: Mapping[int, DecisionEvent] | None = None
    ) -> "DecisionState":
        """Arrange events; undone ones say nothing. ``assigned`` is by speaker (see carrying)."""
        live = sorted((one for one in events if not one.undone), key=lambda one: one.id)
        return cls(
            merges={key: each[-1] for key, each in _by_person(live, MERGE).items()},
            splits=_by_person(live, SPLIT),
            suppressed={
                one.person_id: one for one in live if one.kind == SUPPRESS and one.person_id
            },
            person_clearances=_by_person(live, RELEASE, QUARANTINE),
            label_clearances=_by_label(live, RELEASE, QUARANTINE),
            label_meanings=_by_label(live, ALIAS, NOT_A_PERSON),
            assigned=assigned or {},
        )

    def said_of(self, speaker: SpeakerState) -> DecisionEvent | None:
        """What was decided about the label: the narrower scope wins, then the later decision."""
        said = _in_scope(self.label_meanings.get(speaker.key, ()), speaker)
        if (assigned := self.assigned.get(speaker.id)) is not None:
            said.append(assigned)
        return max(said, key=_rank, default=None)

    def path(
        self, person_id: int, speaker: SpeakerState, said: DecisionEvent | None = None
    ) -> list[Step]:
        """From somebody to whom this speaker is by the splits and merges in force.

        A split that holds in the speaker's place goes before a merge; where somebody ``said`` who
        the speaker is, only one that is narrower than that, or as narrow and later. Nobody is met
        twice: who was split off and merged back again is who they were.
        """
        steps = [Step(person_id)]
        met = {person_id}
        while (by := self._next(steps[-1].person_id, speaker, said)) is not None:
            assert by.target_person_id is not None  # noqa: S101  both kinds have one
            steps.append(Step(by.target_person_id, by))
            if by.target_person_id in met:
                break
            met.add(by.target_person_id)
        return steps

    def _next(
        self, person_id: int, speaker: SpeakerState, said: DecisionEvent | None
    ) -> DecisionEvent | None:
        splits = _in_scope(self.splits.get(person_id, ()), speaker)
        splits = [one for one in splits if said is None or _rank(one) > _rank(said)]
        return max(splits, key=_rank, default=None) or self.merges.get(person_id)

    def clearance(self, speaker: SpeakerState, person_ids: Iterable[int]) -> DecisionEvent | None:
        """Whether somebody released or held back this speaker, or the people that it may be."""
        said = _in_scope(self.label_clearances.get(speaker.key, ()), speaker)
        for person_id in person_ids:
            said += _in_scope(self.person_clearances.get(person_id, ()), speaker)
        return max(said, key=_rank, default=None)


def _by_person(events: Iterable[DecisionEvent], *kinds: str) -> dict[int, list[DecisionEvent]]:
    found: defaultdict[int, list[DecisionEvent]] = defaultdict(list)
    for one in events:
        if one.kind in kinds and one.label is None and one.person_id is not None:
            found[one.person_id].append(one)
    return found


def _by_label(events: Iterable[DecisionEvent], *kinds: str) -> dict[str, list[DecisionEvent]]:
    found: defaultdict[str, list[DecisionEvent]] = defaultdict(list)
    for one in events:
        if one.kind in kinds and one.label is not None:
            found[label_key(one.label)].append(one)
    return found


def _in_scope(events: Iterable[DecisionEvent], speaker: SpeakerState) -> list[DecisionEvent]:
    return [one for one in events if one.holds_in(speaker.podcast_id, speaker.episode_id)]


def _rank(event: DecisionEvent) -> tuple[int, int]:
    return event.narrowness, event.id
