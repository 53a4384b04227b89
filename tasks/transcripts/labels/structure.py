"""The structure of a document: how it is labelled as a whole, before any candidate is judged."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median
from unicodedata import combining, normalize

from rapidfuzz.distance import DamerauLevenshtein

from tasks.budgets.limits import Limit, first_within
from tasks.transcripts.labels.candidates import WEAK_SHAPES, LabelShape, Occurrence
from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.labels.validity import may_be_role, name_form
from tasks.transcripts.labels.weights import LabelWeights

_NUMBERED = re.compile(r"(.*?[^\W\d_])[ _#-]*(?:\d{1,3}|(?<=[ _#-])[A-Za-z?])")
_WORD = re.compile(r"\w+")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_IN_BRACKETS = re.compile(r"[(\[\uff08]([^()\[\]\uff08\uff09]+)[)\]\uff09]")
_FEW_TURNS = 4
_FEW_LABELS = 3
_OF_OTHERS = WEAK_SHAPES - {LabelShape.SIGN}
_MOSTLY = 0.8
_ROUND = 0.5  # of a dialogue, where turns have times or the labels take turns
_NEARLY_ALL = 0.85
_LABELS_ALL = 0.7
_FEW = 0.2
_ENOUGH_TURNS = 8  # of a document that shows how its turns begin
_OFTEN = 3  # occurrences of each label: no line of prose is written so often
_SECOND_SHAPE = 0.15  # share of the units with another shape that a document is written in too
_SHORT_TALK = 0.5  # share of the units that are turns
_CORE = 8  # a label with an eighth of the most frequent one's occurrences marks the talk
_MIN_CAPITALS = 3  # letters: shorter ones are initials
_MOST_BESIDE = 4  # words beside a name: with more it is a sentence that ends in one
_MIN_MISSPELT = 5  # letters: shorter names with one other letter are other names


class DocumentStructure:
    """How a document is labelled: in which shape, how often, with which changes, from where.

    Attributes:
        shape: how most labels are set apart; None without candidates.
        shapes: that, and others in which many are.
        occurrences: the candidates in shapes that count, and ``places``, their indices by label.
        counts: how often each occurs; numbered labels count as one, as do "JANE" and "Jane".
            ``most`` is the largest.
        known: candidates that are part of a frequent one, or the other way round, or misspelt.
        dialogue: how much of a dialogue it is, from 0 to 1.
        labels_all: whether nearly all units begin with a label; ``is_dense``, those of the talk.
        first, last: the units of the first and the last turn.
        timed, all_timed: whether most turns, or nearly all, have a time.
        mark: the signs of nearly all emphasised labels; None where they differ.
        in_capitals: whether labels are in capitals, and words are not.
        small_units: how many units begin in small letters.
        goes_on: whether the document is written in them.
    """

    def __init__(
        self,
        occurrences: Sequence[Occurrence],
        units: int,
        weights: LabelWeights,
        small_units: int = 0,
    ) -> None:
        self.weights, self.units, self.small_units = weights, max(units, 1), small_units
        counts = Counter(o.label for o in occurrences)
        self.groups = _numbered_groups(counts)
        self.shape = self._majority_shape(occurrences)
        self.shapes = self._shapes(occurrences)
        self.countable = (frozenset(LabelShape) - WEAK_SHAPES) | self.shapes
        self.occurrences = [o for o in occurrences if self.has_shape(o.shape)]
        self.places: dict[str, list[int]] = defaultdict(list)
        for index, occurrence in enumerate(self.occurrences):
            self.places[occurrence.label].append(index)
        self.counts = self._pooled({label: len(places) for label, places in self.places.items()})
        self.most = max(self.counts.values(), default=0)
        self._measure_talk()
        credible = [o for o in self.occurrences if o.label in self.credible]
        is_list = self.is_list and len(credible) < _MOSTLY * self.units
        self.labels_all = len(credible) >= _LABELS_ALL * self.units
        self.is_dense = len(credible) >= _NEARLY_ALL * (self.last - self.first + 1)
        again = sum(self.counts[o.label] > 1 for o in credible)
        is_mixed = sum(o.shape in self.shapes for o in credible) < _MOSTLY * len(credible)
        often = again / len(credible) if is_mixed and len(self.places) > _FEW_LABELS else 1.0
        self.dialogue = 0.0 if is_list else often * self._dialogue(credible, changes=True)
        self.runs = [b.unit - a.unit for a, b in pairwise(self.occurrences)]
        self.usual_run = max(1.0, median(self.runs)) if self.runs else 1.0

    @property
    def is_list(self) -> bool:
        """Whether no candidate of many occurs again: a list of definitions."""
        return self.most == 1 and len(self.places) > _FEW_LABELS

    def has_shape(self, shape: LabelShape) -> bool:
        """Whether candidates of a shape count: weak shapes do where the document is written so."""
        return shape in self.countable

    def agrees(self, occurrence: Occurrence) -> bool:
        """Whether an occurrence is set apart as most turns are."""
        _, _, shape, alone, timed, _, mark, *_ = occurrence
        if shape not in self.shapes or (alone and not self.alone):
            return False
        if shape is LabelShape.MARKED and self.mark is not None and mark != self.mark:
            return False
        return timed or not self.all_timed

    def is_within_talk(self, unit: int) -> bool:
        """Whether a unit is between the first and the last turn, or follows the last one."""
        return self.first <= unit <= self.last + 1

    def is_in_prose(self, places: list[int]) -> bool:
        """Whether a candidate is in no shape of a label, or once and in small letters."""
        mine = [self.occurrences[place] for place in places]
        if all(o.shape not in self.shapes for o in mine):
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

    def _shapes(self, occurrences: Sequence[Occurrence]) -> frozenset[LabelShape]:
        """The shape of most labels; others too where the document has a sign of its own."""
        shape = frozenset({self.shape} if self.shape is not None else ())
        repeated = Counter(o.shape for o in self._repeats(occurrences) if name_form(o.label) > 0)
        least = _SECOND_SHAPE * self.units
        if repeated[LabelShape.SIGN] < least:
            return shape
        return shape.union(s for s, n in repeated.items() if s not in _OF_OTHERS and n >= least)

    def _repeats(self, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
        counts = self._pooled(Counter(o.label for o in occurrences))
        return [o for o in occurrences if counts[o.label] > 1]

    def _is_written_in(
        self, shape: LabelShape, repeated: Sequence[Occurrence], all_: Sequence[Occurrence]
    ) -> bool:
        """Whether most units begin so, mostly with labels that occur again, and these change.

        Fewer do where each has a time, or they take turns: a page has more than the talk.
        """
        numbered = shape is LabelShape.BRACKET and all(o.label in self.groups for o in repeated)
        changes = any(a.label != b.label for a, b in pairwise(all_))
        often = len(repeated) >= _OFTEN * len({o.label for o in repeated})
        turns = sum(a.label != b.label for a, b in pairwise(repeated))
        is_round = often and turns >= max(_ENOUGH_TURNS, _MOSTLY * (len(repeated) - 1))
        is_clear = is_round or all(o.timed for o in repeated)
        mostly = self._dialogue(repeated, changes=numbered) >= (_ROUND if is_clear else _MOSTLY)
        may_be = (name_form(o.label) > 0 or (often and may_be_role(o.label)) for o in repeated)
        names = sum(may_be) >= _MOSTLY * len(repeated)
        nothing_follows = sum(a.empty and b.unit == a.unit + 1 for a, b in pairwise(all_))
        follows = nothing_follows < (1 - _MOSTLY) * len(all_)
        return changes and mostly and names and follows and 2 * len(repeated) >= len(all_)

    def _pooled(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Counts in which numbered labels count as one, and so do "JANE" and "Jane"."""
        groups = {
            label: self.groups.get(label) or (label.upper() if label.upper() in counts else label)
            for label in counts
        }
        pooled: Counter[str] = Counter()
        for label, count in counts.items():
            pooled[groups[label]] += count
        return {label: pooled[group] for label, group in groups.items()}

    def _dialogue(self, sequence: Sequence[Occurrence], *, changes: bool) -> float:
        share = len(sequence) / self.units / self.weights.enough_share
        changed = sum(a.label != b.label for a, b in pairwise(sequence)) if changes else 0
        return min(1.0, share + changed / self.weights.enough_changes)

    def _measure_talk(self) -> None:
        least = max(2, self.most / _CORE)
        core = {label for label, count in self.counts.items() if count >= least}
        self.known = self._parts_of_others(core)
        self.is_short = self._is_short_talk()
        self.credible = {label for label in self.places if self._is_credible(label)}
        talk = [o for o in self.occurrences if o.label in core]
        self.timed = not talk or 2 * sum(o.timed for o in talk) >= len(talk)
        self.alone = not talk or sum(o.alone for o in talk) > len(talk) / 5
        self.all_timed = bool(talk) and sum(o.timed for o in talk) >= _NEARLY_ALL * len(talk)
        self.in_capitals = self._is_in_capitals(talk)
        within = [o for o in talk if o.timed or not self.all_timed]
        self.first = self._first_turn(within[0].unit) if within else 0
        self.last = within[-1].unit if within else self.units
        begun = sum(o.goes_on for o in talk) + self.small_units
        beginnings = len(talk) + max(0, self.units - len(self.occurrences))
        self.goes_on = beginnings < _ENOUGH_TURNS or begun > _FEW * beginnings
        marks = Counter(o.mark for o in talk if o.shape is LabelShape.MARKED)
        mark, count = marks.most_common(1)[0] if marks else ("", 0)
        enough = marks.total() >= _ENOUGH_TURNS
        self.mark = mark if enough and count >= _NEARLY_ALL * marks.total() else None

    def _first_turn(self, first: int) -> int:
        """The unit of the first turn: speakers may have full names first, and later initials.

        A radio host has the full name and a role at the beginning: "JANE DOE, HOST".
        """
        known = {o.unit for o in self.occurrences if o.label in self.known}
        while first - 1 in known:
            first -= 1
        before = (o.label for o in self.occurrences if o.unit == first - 1)
        is_turn = any(label.isupper() and ", " in label for label in before)
        return first - 1 if self.in_capitals and is_turn else first

    def _is_short_talk(self) -> bool:
        """Whether most units are turns, of speakers who have few each; or there are few labels."""
        if self.most >= _FEW_TURNS or len(self.places) <= _FEW_LABELS:
            return self.most < _FEW_TURNS
        turns = {o.unit for o in self.occurrences if name_form(o.label) > 0}
        return len(turns) >= _SHORT_TALK * self.units

    def _is_in_capitals(self, talk: Sequence[Occurrence]) -> bool:
        """Whether capitals set labels apart from words."""
        talk = [o for o in talk if len(o.label) >= _MIN_CAPITALS]
        capitals = sum(o.label.isupper() for o in talk)
        shouted = sum(o.shouts for o in talk)
        return bool(talk) and capitals >= _NEARLY_ALL * len(talk) and 2 * shouted < len(talk)

    def _is_credible(self, label: str) -> bool:
        """Whether others may take turns with it: in a short talk, one who speaks once."""
        if self.counts[label] >= _FEW_TURNS or label in self.known:
            return True
        return name_form(label) > 0 and (self.counts[label] > 1 or self.is_short)

    def _parts_of_others(self, core: set[str]) -> set[str]:
        """Labels that a frequent one is a part or the initials of, or the other way round."""
        by_count = sorted(core, key=lambda label: -self.counts[label])
        most_frequent = first_within(by_count, Limit.FREQUENT_LABELS)
        frequent = [words for label in most_frequent if (words := _words(label))]
        parts = set()
        folded = {label.casefold() for label in most_frequent}
        initials = {_NO_LETTERS.sub("", label) for label in core if label.isupper()}
        for label in self.places:
            if label not in core and label.casefold() in folded:
                parts.add(label)
            words = _words(label)
            related = any(
                words < others or (others < words and len(words) <= len(others) + _MOST_BESIDE)
                for others in frequent
            )
            is_short = not initials.isdisjoint(_initials(label))
            if words and (related or is_short or _is_misspelt(label, most_frequent)):
                parts.add(label)
            short = [inside for inside in _IN_BRACKETS.findall(label) if inside in self.places]
            parts |= {label, *short} if short else set()  # "Ada Example (AE)" beside "AE"
        return parts


@lru_cache(maxsize=4096)
def _words(label: str) -> frozenset[str]:
    """The words of a label, without their accents: "Zoltan" is part of "Zoltán Kis"."""
    if not label.isascii():
        label = "".join(c for c in normalize("NFD", label) if not combining(c))
    return frozenset(_WORD.findall(label))


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
