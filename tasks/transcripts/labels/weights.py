"""Parameters of the decision on labels; ``benchmarks/labels.py`` fits them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelWeights:
    """Weights of the features in ``features.py``, each from 0 to 1, and where they saturate."""

    threshold: float = 9.4
    repeated: float = 3.0
    dialogue: float = 3.0
    takes_turns: float = 1.0
    inside: float = 2.0
    agrees: float = 2.0
    form: float = 1.0
    marked: float = 1.5
    timed: float = 1.5
    known: float = 3.0
    long_run: float = -1.0
    fills_gap: float = 0.5
    enough_times: float = 8.0  # occurrences from which more say nothing
    enough_changes: float = 10.0  # changes of speaker that make a dialogue
    enough_share: float = 0.5  # share of labelled units that makes a dialogue
    relative: float = 0.35  # ``repeated`` of a label as frequent as the most frequent one


WEIGHTS = LabelWeights()
