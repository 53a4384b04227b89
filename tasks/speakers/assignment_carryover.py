"""Which speaker an assignment carries over to after a re-ingest: who holds most of its text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.speakers.decision_values import DecisionEvent

# The share of the assigned text above which a speaker is the one that was meant.
MOST = 0.5


@dataclass(frozen=True, slots=True)
class CarriedAssignments:
    """The assignment of each speaker that has one, and those that found no speaker."""

    by_speaker: dict[int, DecisionEvent]
    lost: list[DecisionEvent]


def carry_over(
    assignments: Iterable[DecisionEvent], held: Mapping[int, Mapping[int, int]]
) -> CarriedAssignments:
    """Find the speaker of each assignment; of several for one speaker the latest holds.

    ``held`` says for each assignment how many of its different texts each speaker holds. Two
    speakers that hold as much are none: what both say tells nothing.
    """
    carried = CarriedAssignments({}, [])
    for event in sorted(assignments, key=lambda event: event.id):
        speaker = _holder(event, held.get(event.id, {}))
        if speaker is None:
            carried.lost.append(event)
        else:
            carried.by_speaker[speaker] = event
    return carried


def _holder(event: DecisionEvent, counts: Mapping[int, int]) -> int | None:
    most = max(counts.values(), default=0)
    holders = [speaker for speaker, count in counts.items() if count == most]
    if len(holders) != 1 or most <= MOST * len(set(event.fingerprints)):
        return None
    return holders[0]
