"""Features of one candidate: how well it fits into the structure of its document."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.transcripts.labels.candidates import LabelShape
from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.labels.structure import DocumentStructure
from tasks.transcripts.labels.validity import may_be_role, name_form
from tasks.transcripts.labels.weights import LabelWeights

_FEW_LABELS = 3
_FORM_OF_ROLES = 0.5
# Shapes in which prose may begin too.
_SHAPES_OF_PROSE = (LabelShape.BARE, LabelShape.LINE, LabelShape.HEADING)
_TWO_CAPITALS = re.compile(r"[A-ZÀ-Þ]\S*\s+[A-ZÀ-Þ]")
_LONG_DIALOGUE = 12  # candidates
_FEW_RARE = 0.15  # share of the candidates
_LONG_RUN = 3  # doublings of the usual number of units between two candidates


@dataclass(frozen=True, slots=True)
class LabelFeatures:
    """What the document says about one candidate; each feature is from 0 to 1.

    Attributes:
        repeated: how often it occurs, on a logarithmic scale and beside the most frequent one.
        dialogue: how much of a dialogue the whole document is.
        takes_turns: share of its occurrences that have another speaker before or after them.
        inside: share that is within the talk.
        agrees: share that is set apart as most turns are.
        form: whether its letters are those of a name, and a sentence begins behind it where it
            occurs once; a weak feature.
        marked: share that typography or a time marks, in so far as the document is a dialogue.
        timed: share with a time, likewise.
        known: whether another label or an introduction names it.
        long_run: whether much more than usual follows it; for rare candidates.
        fills_gap: whether it begins the only unit between two turns, where nearly all units begin
            with labels and few candidates are rare.
    """

    repeated: float
    dialogue: float
    takes_turns: float
    inside: float
    agrees: float
    form: float
    marked: float
    timed: float
    known: float
    long_run: float
    fills_gap: float

    def score(self, weights: LabelWeights) -> float:
        """The weighted sum, which the threshold is compared with."""
        return (
            weights.repeated * self.repeated
            + weights.dialogue * self.dialogue
            + weights.takes_turns * self.takes_turns
            + weights.inside * self.inside
            + weights.agrees * self.agrees
            + weights.form * self.form
            + weights.marked * self.marked
            + weights.timed * self.timed
            + weights.known * self.known
            + weights.long_run * self.long_run
            + weights.fills_gap * self.fills_gap
        )


class _Tally:
    """Counts of one candidate's occurrences."""

    __slots__ = ("agreeing", "going_on", "inside", "marked", "timed", "turns")

    def __init__(self) -> None:
        self.turns = self.inside = self.agreeing = self.marked = self.timed = self.going_on = 0


def label_features(structure: DocumentStructure) -> dict[str, LabelFeatures]:
    """The features of every candidate; linear time."""
    filling = _labels_that_fill_gaps(structure)
    return {
        label: _features(label, tally, structure, fills_gap=label in filling)
        for label, tally in _tallies(structure).items()
    }


def _tallies(structure: DocumentStructure) -> Mapping[str, _Tally]:
    tallies = {label: _Tally() for label in structure.places}
    speaking = [o.label if o.label in structure.credible else None for o in structure.occurrences]
    around = zip([None, *speaking], structure.occurrences, [*speaking[1:], None], strict=False)
    first, last, of_time = structure.first, structure.last, structure.timed
    for before, occurrence, after in around:
        unit, label, shape, alone, timed, empty, *_ = occurrence
        tally = tallies[label]
        tally.turns += before not in (None, label) or after not in (None, label)
        tally.inside += first <= unit <= last
        tally.agreeing += structure.agrees(occurrence)
        tally.going_on += occurrence.goes_on
        counts = of_time or shape is not LabelShape.TIMED  # "Ruth 1:16" is a verse elsewhere
        in_capitals = structure.in_capitals and label.isupper() and not occurrence.shouts
        is_bracket = shape is structure.shape is LabelShape.BRACKET and alone and not empty
        tally.marked += (counts and shape <= LabelShape.TIMED) or in_capitals or is_bracket
        tally.timed += counts and timed
    return tallies


def _features(
    label: str, tally: _Tally, structure: DocumentStructure, *, fills_gap: bool
) -> LabelFeatures:
    times = len(structure.places[label])
    known = label in structure.known
    is_sentence = not (structure.goes_on or known or is_non_person(label))
    goes_on = is_sentence and times == 1 and tally.going_on == 1
    return LabelFeatures(
        repeated=_repeated(label, structure),
        dialogue=structure.dialogue,
        takes_turns=tally.turns / times,
        inside=tally.inside / times,
        agrees=tally.agreeing / times,
        form=0.0 if goes_on else _form(label, tally, structure),
        marked=tally.marked / times * structure.dialogue,
        timed=tally.timed / times * structure.dialogue,
        known=float(known),
        long_run=0.0 if known or times >= _FEW_LABELS else _long_run(label, structure),
        fills_gap=float(fills_gap),
    )


def _form(label: str, tally: _Tally, structure: DocumentStructure) -> float:
    """The form of a name; of a role too, if it takes turns where nearly all units have labels."""
    form, times = name_form(label), len(structure.places[label])
    if form > 0 or times < 2 or not tally.turns == tally.inside == tally.agreeing == times:
        return form
    shape = structure.occurrences[structure.places[label][0]].shape
    is_dense = structure.labels_all or shape not in _SHAPES_OF_PROSE
    return _FORM_OF_ROLES if is_dense and may_be_role(label) else form


def _repeated(label: str, structure: DocumentStructure) -> float:
    if structure.is_list:
        return 0.0
    weights, count = structure.weights, structure.counts[label]
    relative = weights.relative * count / structure.most
    return min(1.0, max(relative, math.log(count, weights.enough_times)))


def _labels_that_fill_gaps(structure: DocumentStructure) -> frozenset[str]:
    """Rare candidates without which a long dialogue would have a gap; none if many are rare.

    Two capitalised words are left to an introduction: they could be a heading, or a person.
    """
    all_ = structure.occurrences
    found = [
        here.label
        for before, here, after in zip(all_, all_[1:], all_[2:], strict=False)
        if structure.counts[here.label] < _FEW_LABELS
        and here.unit - before.unit == after.unit - here.unit == 1
        and {before.label, after.label} <= structure.credible
        and not here.goes_on
        and not _TWO_CAPITALS.search(here.label)
    ]
    is_long = len(all_) >= _LONG_DIALOGUE
    few = len(found) <= _FEW_RARE * len(all_)
    return frozenset(found) if structure.is_dense and is_long and few else frozenset()


def _long_run(label: str, structure: DocumentStructure) -> float:
    places = structure.places[label]
    runs = [structure.runs[place] for place in places if place < len(structure.runs)]
    longest = max(runs, default=1) / structure.usual_run
    return min(1.0, math.log2(max(longest, 1.0)) / _LONG_RUN)
