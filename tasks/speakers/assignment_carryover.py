"""Carry assignments over after a re-ingest, to the speaker with most of the assigned text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.speakers.decisions import Decision

# A speaker gets an assignment when it has more than this share of the assigned text.
MIN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class CarriedAssignments:
    """The assignment of each speaker that has one, and the assignments without a speaker."""

    by_speaker: dict[int, Decision]
    lost: list[Decision]


def carry_over(
    assignments: Iterable[Decision], text_counts: Mapping[int, Mapping[int, int]]
) -> CarriedAssignments:
    """Find the speaker of each assignment; the latest assignment of a speaker applies.

    ``text_counts`` has for each assignment how many of its distinct texts each speaker has. Two
    speakers with the same number tie, and then the assignment is lost: text that both of them say
    does not identify either.
    """
    carried = CarriedAssignments({}, [])
    for decision in sorted(assignments, key=lambda decision: decision.id):
        speaker_id = _speaker_with_most(decision, text_counts.get(decision.id, {}))
        if speaker_id is None:
            carried.lost.append(decision)
        else:
            carried.by_speaker[speaker_id] = decision
    return carried


def carry_over_by_time(
    carried: CarriedAssignments, spoken_ms: Mapping[int, Mapping[int, int]]
) -> CarriedAssignments:
    """Find speakers for lost assignments by their times: the audio was transcribed again.

    ``spoken_ms`` has for each assignment how long each speaker speaks within its times. A speaker
    who has an assignment by text keeps that one.
    """
    by_speaker, lost = dict(carried.by_speaker), []
    by_time: dict[int, Decision] = {}
    for decision in carried.lost:
        speaker_id = _speaker_of_times(decision, spoken_ms.get(decision.id, {}))
        if speaker_id is None or speaker_id in by_speaker:
            lost.append(decision)
        else:
            by_time[speaker_id] = decision
    return CarriedAssignments(by_speaker | by_time, lost)


def _speaker_of_times(decision: Decision, spoken_ms: Mapping[int, int]) -> int | None:
    """The speaker who has most of the time that is spoken within the times of an assignment."""
    most = max(spoken_ms, key=lambda speaker_id: spoken_ms[speaker_id], default=None)
    if most is None or spoken_ms[most] <= MIN_SHARE * sum(
        end - start for start, end in decision.spans
    ):
        return None
    return most


def _speaker_with_most(decision: Decision, counts: Mapping[int, int]) -> int | None:
    most = max(counts.values(), default=0)
    speakers = [speaker_id for speaker_id, count in counts.items() if count == most]
    if len(speakers) != 1 or most <= MIN_SHARE * len(set(decision.fingerprints)):
        return None
    return speakers[0]
