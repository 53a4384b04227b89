"""Identity decisions in force, indexed by what they are about; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.speakers.decisions import (
    ALIAS,
    MERGE,
    NOT_A_PERSON,
    QUARANTINE,
    RELEASE,
    SPLIT,
    SUPPRESS,
    Decision,
    SpeakerState,
)
from tasks.speakers.names.names import label_key


@dataclass(frozen=True, slots=True)
class DecisionStep:
    """A person on the way from the match to the attribution, and the decision that led there.

    The first step has no decision.
    """

    person_id: int
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class DecisionState:
    """The decisions in force, indexed by person, by label key and by speaker."""

    merges: Mapping[int, Decision]
    splits: Mapping[int, list[Decision]]
    suppressed: Mapping[int, Decision]
    person_quarantines: Mapping[int, list[Decision]]
    label_quarantines: Mapping[str, list[Decision]]
    label_meanings: Mapping[str, list[Decision]]
    assigned: Mapping[int, Decision]

    @classmethod
    def of(
        cls, decisions: Iterable[Decision], assigned: Mapping[int, Decision] | None = None
    ) -> "DecisionState":
        """Index decisions; undone ones have no effect.

        ``assigned`` has the assignment of each speaker, see ``assignment_carryover``.
        """
        live = sorted(
            (decision for decision in decisions if not decision.undone),
            key=lambda decision: decision.id,
        )
        return cls(
            merges={person_id: each[-1] for person_id, each in _by_person(live, MERGE).items()},
            splits=_by_person(live, SPLIT),
            suppressed={
                decision.person_id: decision
                for decision in live
                if decision.kind == SUPPRESS and decision.person_id
            },
            person_quarantines=_by_person(live, RELEASE, QUARANTINE),
            label_quarantines=_by_label(live, RELEASE, QUARANTINE),
            label_meanings=_by_label(live, ALIAS, NOT_A_PERSON),
            assigned=assigned or {},
        )

    def about_label(self, speaker: SpeakerState) -> Decision | None:
        """Decision about the label: see ``_decisive``."""
        applicable = _in_scope(self.label_meanings.get(speaker.key, ()), speaker)
        if (assignment := self.assigned.get(speaker.id)) is not None:
            applicable.append(assignment)
        return _decisive(applicable, speaker)

    def path(
        self, person_id: int, speaker: SpeakerState, about_label: Decision | None = None
    ) -> list[DecisionStep]:
        """Steps from a person to the speaker's final person by the splits and merges in force.

        A split whose scope includes the speaker goes before a merge. After a decision about the
        label, only a split with a narrower scope applies, or a later one with the same scope. The
        path ends when it comes back to a person: a split that was merged back has no effect.
        """
        steps = [DecisionStep(person_id)]
        visited = {person_id}
        while (decision := self._next(steps[-1].person_id, speaker, about_label)) is not None:
            assert decision.target_person_id is not None  # noqa: S101  both kinds have one
            steps.append(DecisionStep(decision.target_person_id, decision))
            if decision.target_person_id in visited:
                break
            visited.add(decision.target_person_id)
        return steps

    def _next(
        self, person_id: int, speaker: SpeakerState, about_label: Decision | None
    ) -> Decision | None:
        splits = _in_scope(self.splits.get(person_id, ()), speaker)
        if about_label is not None:
            splits = [split for split in splits if _rank(split) > _rank(about_label)]
        return _decisive(splits, speaker) or self.merges.get(person_id)

    def about_quarantine(self, speaker: SpeakerState, person_ids: Iterable[int]) -> Decision | None:
        """Release or quarantine of this label or these people: see ``_decisive``."""
        applicable = _in_scope(self.label_quarantines.get(speaker.key, ()), speaker)
        for person_id in person_ids:
            applicable += _in_scope(self.person_quarantines.get(person_id, ()), speaker)
        return _decisive(applicable, speaker)


def _by_person(decisions: Iterable[Decision], *kinds: str) -> dict[int, list[Decision]]:
    by_person: defaultdict[int, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.kind in kinds and decision.label is None and decision.person_id is not None:
            by_person[decision.person_id].append(decision)
    return by_person


def _by_label(decisions: Iterable[Decision], *kinds: str) -> dict[str, list[Decision]]:
    by_label: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.kind in kinds and decision.label is not None:
            by_label[label_key(decision.label)].append(decision)
    return by_label


def _in_scope(decisions: Iterable[Decision], speaker: SpeakerState) -> list[Decision]:
    return [
        decision
        for decision in decisions
        if decision.applies_in(speaker.podcast_ids, speaker.episode_id)
    ]


def _decisive(decisions: Iterable[Decision], speaker: SpeakerState) -> Decision | None:
    """The decision that applies: the narrowest scope, and there the latest.

    An episode may have come to several podcasts by merges. Then, of the latest decisions of each,
    one that takes away wins, else that of the podcast nearest to the episode's own.
    """
    latest: dict[tuple[int, int | None], Decision] = {}
    for decision in sorted(decisions, key=_rank):
        latest[decision.narrowness, decision.podcast_id if decision.narrowness == 1 else None] = (
            decision
        )
    narrowest = max((narrowness for narrowness, _ in latest), default=0)
    applicable = [
        decision for (narrowness, _), decision in latest.items() if narrowness == narrowest
    ]
    return min(applicable, key=lambda decision: _distance(decision, speaker), default=None)


def _distance(decision: Decision, speaker: SpeakerState) -> tuple[bool, int]:
    takes_away = decision.kind in {NOT_A_PERSON, QUARANTINE}
    if decision.podcast_id not in speaker.podcast_ids:
        return not takes_away, 0
    return not takes_away, speaker.podcast_ids.index(decision.podcast_id)


def _rank(decision: Decision) -> tuple[int, int]:
    return decision.narrowness, decision.id
