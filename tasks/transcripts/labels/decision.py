"""The decision which candidates of a document are labels, by the document's structure.

A candidate is not judged alone: how often it occurs, in which shape, whether it takes turns with
others, how much of the document is labelled, and whether it is within the talk, are added up and
compared with one threshold. Every candidate ends as accepted or refused, with a reason code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.budgets.limits import Limit, reach
from tasks.transcripts.labels.candidates import LabelShape, Occurrence
from tasks.transcripts.labels.features import LabelFeatures, label_features
from tasks.transcripts.labels.introduced import is_introduced
from tasks.transcripts.labels.known import NOBODY, KnownNames, is_known
from tasks.transcripts.labels.structure import DocumentStructure
from tasks.transcripts.labels.weights import WEIGHTS, LabelWeights
from tasks.transcripts.values import LabelCandidate


@dataclass(frozen=True, slots=True)
class LabelDecision:
    """The labels of a document, and the candidates that are none.

    Attributes:
        structure: how most labels are set apart, and where the talk is.
        labels: the accepted ones.
        ends_turn: refused ones that still end the turn before them, in a labelled document.
        candidates: all of them, with reason codes.
    """

    structure: DocumentStructure
    labels: frozenset[str]
    ends_turn: frozenset[str]
    candidates: tuple[LabelCandidate, ...]

    def is_label(self, label: str | None, shape: LabelShape) -> bool:
        """Whether a text in this shape is a label."""
        return label in self.labels and shape in self.structure.countable

    def is_refused(self, label: str | None, shape: LabelShape) -> bool:
        """Whether it is a heading or an uncertain label, whose words are nobody's."""
        return label in self.ends_turn and self.structure.has_shape(shape)


def decide_labels(
    occurrences: Sequence[Occurrence],
    texts: Sequence[str],
    weights: LabelWeights = WEIGHTS,
    known: KnownNames = NOBODY,
) -> LabelDecision:
    """Decide which candidates of a document are labels; linear time.

    Args:
        occurrences: the candidates in order, each with the index of its text.
        texts: the units of the document, paragraphs or cues.
        weights: parameters of the decision.
        known: names that the episode or its podcast has elsewhere.
    """
    small_units = sum(text[:1].islower() for text in texts)
    structure = DocumentStructure(occurrences, len(texts), weights, small_units)
    introductions = Limit.UNSURE_LABELS.most
    verdicts = []
    for label, alone in label_features(structure).items():
        features = alone
        needs_introduction = _needs_introduction(alone, weights)
        if needs_introduction and not introductions:
            reach(Limit.UNSURE_LABELS)
        elif needs_introduction:
            introductions -= 1
            unit = structure.occurrences[structure.places[label][0]].unit
            is_here = structure.is_within_talk(unit) and is_known(label, known)
            if is_here or is_introduced(label, texts, unit):
                features = replace(alone, known=1.0)
        verdicts.append(judge(label, structure, features, weights))
    labels = frozenset(verdict.label for verdict in verdicts if verdict.accepted)
    refused = (v.label for v in verdicts if not v.accepted and v.reason != "prose")
    ends_turn = frozenset(refused) if labels else frozenset()
    return LabelDecision(structure, labels, ends_turn, tuple(verdicts))


def _needs_introduction(features: LabelFeatures, weights: LabelWeights) -> bool:
    """Whether an introduction would decide; only then it is searched."""
    score = features.score(weights)
    return features.form > 0 and score < weights.threshold <= score + weights.known


def judge(
    label: str, structure: DocumentStructure, features: LabelFeatures, weights: LabelWeights
) -> LabelCandidate:
    """Judge one candidate by its features, and say why."""
    accepted = features.score(weights) >= weights.threshold
    places = structure.places[label]
    reason = _why_label(features, weights) if accepted else _why_none(features, places, structure)
    return LabelCandidate(label, len(places), accepted, reason)


def _why_label(features: LabelFeatures, weights: LabelWeights) -> str:
    above = features.score(weights) - weights.threshold
    if above < weights.marked * features.marked:
        return "set_apart"
    if above < weights.known * features.known:
        return "named_elsewhere"
    return "takes_turns"


def _why_none(features: LabelFeatures, places: list[int], structure: DocumentStructure) -> str:
    if (not features.form and not features.marked) or structure.is_in_prose(places):
        return "prose"
    if features.inside < 1 / 2:
        return "outside_talk"
    return "heading" if all(structure.occurrences[p].alone for p in places) else "rare_label"
