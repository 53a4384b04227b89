"""Fits the weights of the decision on labels, and prints its curve: leave one show out.

The rows are the candidates of the shared world's transcripts: right when the gold counts words for
the label in that episode. Markers (Break, Audience) are left out: they are no people, and the gold
counts only those with words. Invented talks with headings are one more show. A fit climbs from the
committed weights, one at a time; the score is F0.5, because a false label costs more than a lost
one. ``python -m benchmarks labels`` prints the curve of the threshold and the weights to commit;
without the shared world it does nothing.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from tasks.transcripts.labels import decision
from tasks.transcripts.labels.features import LabelFeatures
from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.labels.structure import DocumentStructure
from tasks.transcripts.labels.weights import WEIGHTS, LabelWeights
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import LabelCandidate
from tests.paths import DATA
from tests.unit.tasks.transcripts.labels.documents import FIRST, SECOND, heading_documents

_WORLD = Path(os.environ.get("OVERHEARD_SHARED") or Path(__file__).parents[2] / "shared") / "world"
_FITTED = (
    "threshold", "repeated", "dialogue", "takes_turns", "inside", "agrees", "form", "marked",
    "timed", "known", "long_run", "fills_gap",
)  # fmt: skip
_STEPS = (0.8, 0.9, 1.1, 1.25)
_LEAST_GAIN = 0.0005
_BETA_SQUARED = 0.25

Rows = Counter[tuple[LabelFeatures, bool]]


def run() -> None:
    """Print, for each held-out show, precision and recall; then the curve of the threshold."""
    if not _WORLD.exists():
        print("no shared world")
        return
    shows = _rows_by_show()
    print(f"{'held-out show':<34}{'candidates':>11}{'precision':>11}{'recall':>8}{'threshold':>11}")
    for show in shows:
        others = sum((rows for name, rows in shows.items() if name != show), Rows())
        fitted = _fit(others)
        precision, recall = _precision_and_recall(shows[show], fitted)
        count = shows[show].total()
        print(f"{show:<34}{count:>11}{precision:>11.4f}{recall:>8.4f}{fitted.threshold:>11.2f}")
    everything = sum(shows.values(), Rows())
    print("\nthreshold, precision, recall")
    for quarter in range(-8, 9):
        at = replace(WEIGHTS, threshold=WEIGHTS.threshold + quarter / 4)
        print(f"{at.threshold:.2f}", *(f"{x:.4f}" for x in _precision_and_recall(everything, at)))
    print("\nfitted on all:", _fit(everything))


def _rows_by_show() -> dict[str, Rows]:
    gold = json.loads((_WORLD / "gold.json").read_text())
    shows = {}
    for show in json.loads((_WORLD / "world.json").read_text())["shows"]:
        rows = Rows()
        for episode in show["episodes"]:
            labels = gold[show["slug"]]["episodes"].get(episode["slug"], {}).get("labels", {})
            rows += _rows((_WORLD / episode["transcript"]).read_bytes(), labels.keys())
        shows[show["slug"]] = rows
    shows["invented headings"] = _invented_rows()
    return {name: rows for name, rows in shows.items() if rows}


def _invented_rows() -> Rows:
    rows = Rows()
    for heading in (DATA / "labels" / "headings.txt").read_text("utf-8").splitlines():
        for blocks in heading_documents(heading):
            rows += _rows("\n\n".join(blocks).encode(), {FIRST, SECOND})
    return rows


def _rows(body: bytes, right: Iterable[str]) -> Rows:
    with _recorded() as found:
        parse_transcript(body)
    labels = set(right)
    return Rows(
        (_rounded(features), label in labels)
        for label, features in found
        if not is_non_person(label)
    )


@contextmanager
def _recorded() -> Iterator[list[tuple[str, LabelFeatures]]]:
    found: list[tuple[str, LabelFeatures]] = []
    judge = decision.judge

    def record(
        label: str, structure: DocumentStructure, features: LabelFeatures, weights: LabelWeights
    ) -> LabelCandidate:
        found.append((label, features))
        return judge(label, structure, features, weights)

    with patch.object(decision, "judge", record):
        yield found


def _rounded(features: LabelFeatures) -> LabelFeatures:
    return LabelFeatures(*(round(getattr(features, n), 2) for n in LabelFeatures.__slots__))


def _fit(rows: Rows) -> LabelWeights:
    """Climb from the committed weights, one weight at a time, while the score rises."""
    best, score, rises = WEIGHTS, _score(rows, WEIGHTS), True
    while rises:
        rises = False
        for name in _FITTED:
            for step in _STEPS:
                tried = replace(best, **{name: round(getattr(best, name) * step, 2)})
                if (reached := _score(rows, tried)) > score + _LEAST_GAIN:
                    best, score, rises = tried, reached, True
    return best


def _score(rows: Rows, weights: LabelWeights) -> float:
    precision, recall = _precision_and_recall(rows, weights)
    both = _BETA_SQUARED * precision + recall
    return (1 + _BETA_SQUARED) * precision * recall / both if both else 0.0


def _precision_and_recall(rows: Rows, weights: LabelWeights) -> tuple[float, float]:
    accepted = right = accepted_right = 0
    for (features, is_right), count in rows.items():
        is_accepted = features.score(weights) >= weights.threshold
        accepted += count * is_accepted
        right += count * is_right
        accepted_right += count * (is_accepted and is_right)
    return accepted_right / max(accepted, 1), accepted_right / max(right, 1)


if __name__ == "__main__":
    run()
