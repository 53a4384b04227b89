"""The third set of judged cases: documents, introductions, names and headings of many kinds.

`python -m tests.acceptance.judged_kinds FOLDER` prints what is read otherwise; see cases/README.md.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.speakers.facts import EpisodeFacts, ShowFacts, tags_of
from tasks.speakers.naming import read_naming
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import TranscriptRefused
from tests.acceptance.judged import (
    Score,
    Turn,
    folded,
    misread_places,
    misread_shapes,
    plain,
    print_scores,
)
from workers.cli.read.records import name_record

SHAPES = {"colon": ("bare", "srt"), "bold": ("bold", "html"), "time": ("boxed", "line", "first")}


def score_documents(folder: Path) -> Score:
    """Documents: each labelled segment in order, and nothing else under a label."""
    cases = sorted((folder / "documents").iterdir())
    wrong = [f"{each.name}: {why}" for each in cases if (why := next(_broken_rules(each), ""))]
    return Score(len(cases), wrong)


def score_labels(folder: Path) -> Score:
    """Names beside another speaker, in the shapes of their row."""
    rows = [row for row in _read(folder / "names.json") if row["is_speaker"]]
    rows = [row for row in rows if row["shape"] in SHAPES]
    wrong = [
        f"{row['label']} {shapes}"
        for row in rows
        if (shapes := sorted(set(misread_shapes(row["label"])) & set(SHAPES[row["shape"]])))
    ]
    return Score(len(rows), wrong)


def score_people(folder: Path) -> Score:
    """The person that a label alone says."""
    rows, wrong = _read(folder / "names.json"), []
    for row in rows:
        found = name_record(row["label"])["person"] or ""
        right = {folded(name or "") for name in (row["person"], *row.get("also", ()))}
        if folded(found) not in right:
            wrong.append(f"{row['label']}: {found or 'nobody'} instead of {row['person']}")
    return Score(len(rows), wrong)


def score_headings(folder: Path) -> Score:
    """Headings in five places of a labelled document."""
    headings = [row["heading"] for row in _read(folder / "headings.json")]
    return Score(
        len(headings), [f"{each} {at}" for each in headings if (at := list(misread_places(each)))]
    )


def score_introductions(folder: Path) -> Score:
    """Labels that introductions, tags and texts give a person; one for each label."""
    total, wrong = 0, []
    for case in sorted((folder / "introductions").iterdir()):
        expected: Any = _read(case / "expected.json")
        found = introduced(case, expected)
        for label, name in expected["names"].items():
            total += 1
            if folded(found.get(label, "")) != folded(name or ""):
                named = found.get(label, "") or "nobody"
                wrong.append(f"{case.name} {label!r}: {named} instead of {name or 'nobody'}")
    return Score(total, wrong)


def introduced(case: Path, expected: Any) -> dict[str, str]:
    """The person of each label that has one, in an episode whose podcast has no other."""
    episode = expected["episode"]
    tags = [{"name": tag["name"], "role": tag["role"]} for tag in episode.get("people", ())]
    parsed = parse_transcript((case / "input.txt").read_bytes(), language=episode["language"])
    turns = tuple((segment.label, segment.text) for segment in parsed.segments)
    facts = EpisodeFacts(
        segment_counts=tuple(sorted(Counter(label for label, _ in turns).items())),
        title=episode["title"],
        description=episode["description"],
        author="",
        podcast_author="",
        tags=tags_of(tags),
        own_tags=bool(tags),
        show=ShowFacts(),
        turns=turns,
    )
    matches = read_naming(facts).matches
    return {label: one.name.display for label, one in matches.items() if one.name}


def _broken_rules(case: Path) -> Iterator[str]:
    expected: Any = _read(case / "expected.json")
    read = _turns(case / expected["input"], expected)
    rest = iter(read)
    for label, text in expected.get("must", ()):
        if not any(turn == (plain(label or ""), plain(text)) for turn in rest):
            yield f"not under {label or 'nobody'}, or out of order: {text}"
    labels = {label for label, _ in read}
    if more := labels - {*map(plain, expected["only_labels"]), ""}:
        yield f"labels: {more}"
    if never := labels & set(map(plain, expected.get("never_labels", ()))):
        yield f"labels: {never}"
    for label, text in expected.get("must_not", ()):
        if (plain(label), plain(text)) in read:
            yield f"under {label}: {text}"


def _turns(source: Path, expected: Any) -> list[Turn]:
    declared = expected["content_type"] or expected["declared_type"]
    try:
        parsed = parse_transcript(source.read_bytes(), declared_type=declared)
    except TranscriptRefused:
        return []
    return [(plain(segment.label), plain(segment.text)) for segment in parsed.segments]


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


SCORES = {
    "documents": score_documents,
    "introductions": score_introductions,
    "labels": score_labels,
    "people": score_people,
    "headings": score_headings,
}


if __name__ == "__main__":
    print_scores(SCORES, Path(sys.argv[1]))
