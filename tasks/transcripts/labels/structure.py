"""The structure of a document: how it is labelled as a whole, before any candidate is judged."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from rapidfuzz.distance import DamerauLevenshtein

from tasks.transcripts.labels.candidates import WEAK_SHAPES, LabelShape, Occurrence
from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.labels.validity import name_form
from tasks.transcripts.labels.weights import LabelWeights

_NUMBERED = re.compile(r"(.*?[^\W\d_])[ _#-]*(?:\d{1,3}|(?<=[ _#-])[A-Za-z?])")
_WORD = re.compile(r"\w+")
_IN_BRACKETS = re.compile(r"[(\[\uff08]([^()\[\]\uff08\uff09]+)[)\]\uff09]")
_FEW_TURNS = 4
_MOSTLY = 0.8
_CORE = 8  # a label with an eighth of the most frequent one's occurrences marks the talk
_MAX_FREQUENT = 50
_MIN_MISSPELT = 5  # letters: shorter names with one other letter are other names


class DocumentStructure:
    """How a document is labelled: in which shape, how often, with which changes, from where.

    Attributes:
        shape: how most labels are set apart; None without candidates.
        occurrences: the candidates in shapes that count, and ``places``, their indices by label.
        counts: how often each occurs; numbered labels count as one. ``most`` is the largest.
        known: candidates that are part of a frequent one, or the other way round, or misspelt.
        dialogue: how much of a dialogue it is, from 0 to 1.
        first, last: the units of the first and the last turn.
        timed: whether most turns have a time.
    """

    def __init__(
        self, occurrences: Sequence[Occurrence], units: int, weights: LabelWeights
    ) -> None:
        self.weights, self.units = weights, max(units, 1)
        counts = Counter(o.label for o in occurrences)
        self.groups = _numbered_groups(counts)
        self.shape = self._majority_shape(occurrences)
        self.occurrences = [o for o in occurrences if self.has_shape(o.shape)]
        self.places: dict[str, list[int]] = defaultdict(list)
        for index, occurrence in enumerate(self.occurrences):
            self.places[occurrence.label].append(index)
        self.counts = self._pooled({label: len(places) for label, places in self.places.items()})
        self.most = max(self.counts.values(), default=0)
        self._measure_talk()
        self.dialogue = self._dialogue(
            [o for o in self.occurrences if o.label in self.credible], changes=True
        )
        self.runs = [b.unit - a.unit for a, b in pairwise(self.occurrences)]
        self.usual_run = max(1.0, median(self.runs)) if self.runs else 1.0

    def has_shape(self, shape: LabelShape) -> bool:
        """Whether candidates of a shape count: weak shapes do where the document is written so."""
        return shape not in WEAK_SHAPES or shape is self.shape

    def is_within_talk(self, unit: int) -> bool:
        """Whether a unit is between the first and the last turn, or follows the last one."""
        return self.first <= unit <= self.last + 1

    def is_in_prose(self, places: list[int]) -> bool:
        """Whether a candidate is in no shape of a label, or once and in small letters."""
        mine = [self.occurrences[place] for place in places]
        if all(o.shape is not self.shape for o in mine):
            return True
        return len(mine) == 1 and mine[0].label.islower()

    def _majority_shape(self, occurrences: Sequence[Occurrence]) -> LabelShape | None:
        shapes = {occurrence.shape for occurrence in occurrences}
        if len(shapes) == 1 and not shapes & WEAK_SHAPES:
            return shapes.pop()
        by_shape: dict[LabelShape, list[Occurrence]] = defaultdict(list)
        for occurrence in occurrences:
            by_shape[occurrence.shape].append(occurrence)
        repeated = {shape: self._repeats(of) for shape, of in by_shape.items()}
        strong = max((len(repeated[s]) for s in by_shape if s not in WEAK_SHAPES), default=0)
        possible = [
            shape
            for shape, of in repeated.items()
            if shape not in WEAK_SHAPES
            or (len(of) > strong and self._is_written_in(shape, of, by_shape[shape]))
        ]
        return max(possible, key=lambda shape: (len(repeated[shape]), -shape), default=None)

    def _repeats(self, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
        counts = self._pooled(Counter(o.label for o in occurrences))
        return [o for o in occurrences if counts[o.label] > 1]

    def _is_written_in(
        self, shape: LabelShape, repeated: Sequence[Occurrence], all_: Sequence[Occurrence]
    ) -> bool:
        """Whether most units begin so, mostly with labels that occur again, and these change."""
        numbered = shape is LabelShape.BRACKET and all(o.label in self.groups for o in repeated)
        changes = any(a.label != b.label for a, b in pairwise(all_))
        mostly = self._dialogue(repeated, changes=numbered) >= _MOSTLY
        names = sum(name_form(o.label) > 0 for o in repeated) >= _MOSTLY * len(repeated)
        nothing_follows = sum(a.empty and b.unit == a.unit + 1 for a, b in pairwise(all_))
        follows = nothing_follows < (1 - _MOSTLY) * len(all_)
        return changes and mostly and names and follows and 2 * len(repeated) >= len(all_)

    def _pooled(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Counts in which the numbered labels of a document count as one: "Speaker 1", "2"."""
        if not self.groups:
            return counts
        groups: Counter[str] = Counter()
        for label, count in counts.items():
            groups[self.groups.get(label, "")] += count
        return {
            label: groups[self.groups[label]] if label in self.groups else count
            for label, count in counts.items()
        }

    def _dialogue(self, sequence: Sequence[Occurrence], *, changes: bool) -> float:
        share = len(sequence) / self.units / self.weights.enough_share
        changed = sum(a.label != b.label for a, b in pairwise(sequence)) if changes else 0
        return min(1.0, share + changed / self.weights.enough_changes)

    def _measure_talk(self) -> None:
        least = max(2, self.most / _CORE)
        core = {label for label, count in self.counts.items() if count >= least}
        self.known = self._parts_of_others(core)
        self.credible = {label for label in self.places if self._is_credible(label)}
        talk = [o for o in self.occurrences if o.label in core]
        self.first = talk[0].unit if talk else 0
        self.last = talk[-1].unit if talk else self.units
        self.timed = not talk or 2 * sum(o.timed for o in talk) >= len(talk)
        self.alone = not talk or sum(o.alone for o in talk) > len(talk) / 5

    def _is_credible(self, label: str) -> bool:
        """Whether others may take turns with it: in a short talk, one who speaks once."""
        if self.counts[label] > 1 or label in self.known:
            return True
        return self.most < _FEW_TURNS and name_form(label) > 0

    def _parts_of_others(self, core: set[str]) -> set[str]:
        """Labels that a frequent one is a part or the initials of, or the other way round."""
        most_frequent = sorted(core, key=lambda label: -self.counts[label])[:_MAX_FREQUENT]
        frequent = [words for label in most_frequent if (words := _words(label))]
        parts = set()
        for label in self.places:
            words = _words(label)
            related = any(words < others or others < words for others in frequent)
            is_short = not core.isdisjoint(_initials(label))
            if words and (related or is_short or _is_misspelt(label, most_frequent)):
                parts.add(label)
            short = [inside for inside in _IN_BRACKETS.findall(label) if inside in self.places]
            parts |= {label, *short} if short else set()  # "Ada Example (AE)" beside "AE"
        return parts


def _words(label: str) -> set[str]:
    return set(_WORD.findall(label))


def _is_misspelt(label: str, frequent: Sequence[str]) -> bool:
    """Whether one letter of a frequent label is another, missing, added or swapped."""
    if len(label) < _MIN_MISSPELT or any(map(str.isdigit, label)):
        return False
    return any(
        label[0] == other[0] and DamerauLevenshtein.distance(label, other, score_cutoff=1) == 1
        for other in frequent
    )


def _initials(label: str) -> list[str]:
    """The initials of the first two words of a label, of the first three, and so on."""
    capitals = "".join(word[0] for word in _WORD.findall(label) if word[0].isupper())
    return [capitals[:length] for length in range(2, len(capitals) + 1)]


def _numbered_groups(counts: Counter[str]) -> Mapping[str, str]:
    """The common part of labels that differ by a number, where most are such, or it is a role."""
    stems: dict[str, set[str]] = defaultdict(set)
    total: Counter[str] = Counter()
    for label, count in counts.items():
        if numbered := _NUMBERED.fullmatch(label):
            stem = numbered[1].casefold()
            stems[stem].add(label)
            total[stem] += count
    stem, count = total.most_common(1)[0] if total else ("", 0)
    if len(stems[stem]) < 2 or (2 * count < counts.total() and not is_non_person(stem)):
        return {}
    return dict.fromkeys(stems[stem], stem)
