"""What the ledger says in sum: who was merged, split, suppressed, and what labels mean."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.speakers.decision_values import (
    ALIAS,
    HOLD,
    MERGE,
    NOT_A_PERSON,
    RELEASE,
    SPLIT,
    SUPPRESS,
    Event,
    SpeakerFacts,
)
from tasks.speakers.label_keys import label_key


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody that a speaker was led to, and the decision that led there (None: the start)."""

    person_id: int
    by: Event | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The decisions in force, arranged for the questions that are asked about a speaker."""

    merges: Mapping[int, Event]
    splits: Mapping[int, list[Event]]
    suppressed: Mapping[int, Event]
    person_clearances: Mapping[int, list[Event]]
    label_clearances: Mapping[str, list[Event]]
    label_meanings: Mapping[str, list[Event]]
    assigned: Mapping[int, Event]

    @classmethod
    def of(cls, events: Iterable[Event], assigned: Mapping[int, Event] | None = None) -> "Ledger":
        """Arrange events; undone ones say nothing. ``assigned`` is by speaker (see carrying)."""
        live = sorted((one for one in events if not one.undone), key=lambda one: one.id)
        return cls(
            merges={key: each[-1] for key, each in _by_person(live, MERGE).items()},
            splits=_by_person(live, SPLIT),
            suppressed={
                one.person_id: one for one in live if one.kind == SUPPRESS and one.person_id
            },
            person_clearances=_by_person(live, RELEASE, HOLD),
            label_clearances=_by_label(live, RELEASE, HOLD),
            label_meanings=_by_label(live, ALIAS, NOT_A_PERSON),
            assigned=assigned or {},
        )

    def said_of(self, speaker: SpeakerFacts) -> Event | None:
        """What was decided about the label: the narrower scope wins, then the later decision."""
        said = _in_scope(self.label_meanings.get(speaker.key, ()), speaker)
        if (assigned := self.assigned.get(speaker.id)) is not None:
            said.append(assigned)
        return max(said, key=_rank, default=None)

    def path(self, person_id: int, speaker: SpeakerFacts, said: Event | None = None) -> list[Step]:
        """From somebody to whom this speaker is by the splits and merges in force.

        A split that holds in the speaker's place goes before a merge; where somebody ``said`` who
        the speaker is, only one that is narrower than that, or as narrow and later. Nobody is met
        twice: who was split off and merged back again is who they were.
        """
        steps = [Step(person_id)]
        met = {person_id}
        while (by := self._next(steps[-1].person_id, speaker, said)) is not None:
            assert by.other_id is not None  # noqa: S101  both kinds have one
            steps.append(Step(by.other_id, by))
            if by.other_id in met:
                break
            met.add(by.other_id)
        return steps

    def _next(self, person_id: int, speaker: SpeakerFacts, said: Event | None) -> Event | None:
        splits = _in_scope(self.splits.get(person_id, ()), speaker)
        splits = [one for one in splits if said is None or _rank(one) > _rank(said)]
        return max(splits, key=_rank, default=None) or self.merges.get(person_id)

    def clearance(self, speaker: SpeakerFacts, person_ids: Iterable[int]) -> Event | None:
        """Whether somebody released or held back this speaker, or the people that it may be."""
        said = _in_scope(self.label_clearances.get(speaker.key, ()), speaker)
        for person_id in person_ids:
            said += _in_scope(self.person_clearances.get(person_id, ()), speaker)
        return max(said, key=_rank, default=None)


def _by_person(events: Iterable[Event], *kinds: str) -> dict[int, list[Event]]:
    found: defaultdict[int, list[Event]] = defaultdict(list)
    for one in events:
        if one.kind in kinds and one.label is None and one.person_id is not None:
            found[one.person_id].append(one)
    return found


def _by_label(events: Iterable[Event], *kinds: str) -> dict[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for one in events:
        if one.kind in kinds and one.label is not None:
            found[label_key(one.label)].append(one)
    return found


def _in_scope(events: Iterable[Event], speaker: SpeakerFacts) -> list[Event]:
    return [one for one in events if one.holds_in(speaker.podcast_id, speaker.episode_id)]


def _rank(event: Event) -> tuple[int, int]:
    return event.narrowness, event.id
