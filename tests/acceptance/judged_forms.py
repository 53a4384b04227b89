"""The fifth set of judged cases: feeds, lists of feeds, dates, and transcripts in many formats.

`python -m tests.acceptance.judged_forms FOLDER` prints what is read otherwise; see cases/README.md.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.acceptance.judged import Score, folded, misread_places, misread_shapes, print_scores
from workers.cli.read.inputs import Input
from workers.cli.read.records import (
    Declared,
    Reader,
    feed_record,
    name_record,
    opml_record,
    record_of,
    transcript_record,
)

Record = dict[str, Any]
_DATES = (
    '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
    "<channel><title>Dates</title>{items}</channel></rss>"
)
_ELEMENTS = {"date": "pubDate", "duration": "itunes:duration"}


def score_feeds(folder: Path) -> Score:
    """Feeds: each wanted value at its path of the record."""
    cases = list(_cases(folder, "feed"))
    wrong = [
        f"{case.name}: {path}: {found!r}"
        for case, expected in cases
        for path, wanted in expected["wanted"].items()
        if (found := _at(_read(feed_record, case, expected), path.split("."), wanted)) != wanted
    ]
    return Score(len(cases), wrong)


def score_opml(folder: Path) -> Score:
    """Lists of feeds: title, URL, and whether a row has a problem."""
    cases, wrong = list(_cases(folder, "opml")), []
    for case, expected in cases:
        feeds = _read(opml_record, case, expected).get("feeds", [])
        found = [[row["title"], row["feed_url"], bool(row["problem"])] for row in feeds]
        if found != expected["expected"]:
            wrong.append(f"{case.name}: {found}")
    return Score(len(cases), wrong)


def score_transcripts(folder: Path) -> Score:
    """Transcripts: label and text of each segment, or the rules of the case."""
    cases, wrong = list(_cases(folder, "transcript")), []
    for case, expected in cases:
        read = _read(transcript_record, case, expected)
        if not _is_right(read, expected):
            wrong.append(f"{case.name}: {_turns(read) or read}")
    return Score(len(cases), wrong)


def score_dates(folder: Path) -> Score:
    """Dates, in UTC, and durations, in milliseconds; empty where they cannot be read."""
    rows = list(_rows(folder, "dates"))
    items = "".join(
        f"<item><guid>{number}</guid><{_ELEMENTS[what]}>{escape(raw)}</{_ELEMENTS[what]}></item>"
        for number, (what, raw, *_) in enumerate(rows)
    )
    feed = record_of(Input("dates", _DATES.format(items=items).encode()), Declared(), feed_record)
    found = {episode["guid"]: episode for episode in feed["episodes"]}
    wrong = []
    for number, (what, raw, wanted, *_) in enumerate(rows):
        episode = found[str(number)]
        value = episode["published_at" if what == "date" else "duration_ms"]
        if ("" if value is None else str(value)[:19]) != wanted:
            wrong.append(f"{raw!r}: {value} instead of {wanted or 'nothing'}")
    return Score(len(rows), wrong)


def score_people(folder: Path) -> Score:
    """The person that a label alone says."""
    rows, wrong = list(_rows(folder, "people")), []
    for label, person, *_ in rows:
        found = name_record(label)["person"] or ""
        if folded(found) != folded(person):
            wrong.append(f"{label}: {found or 'nobody'} instead of {person or 'nobody'}")
    return Score(len(rows), wrong)


def score_labels(folder: Path) -> Score:
    """Names beside another speaker, in seven shapes."""
    return _score_rows(folder, "labels", misread_shapes)


def score_headings(folder: Path) -> Score:
    """Headings in five places of a labelled document."""
    return _score_rows(folder, "headings", misread_places)


def _score_rows(folder: Path, kind: str, misread: Callable[[str], Iterator[str]]) -> Score:
    texts = [row[0] for row in _rows(folder, kind)]
    wrong = [f"{text} {where}" for text in texts if (where := list(misread(text)))]
    return Score(len(texts), wrong)


def _cases(folder: Path, kind: str) -> Iterator[tuple[Path, Record]]:
    for case in sorted(folder.iterdir()):
        expected = json.loads((case / "expected.json").read_text())
        if expected["kind"] == kind:
            yield case, expected


def _rows(folder: Path, kind: str) -> Iterator[list[str]]:
    for case, _ in _cases(folder, kind):
        for line in (case / f"{kind}.tsv").read_text().splitlines()[1:]:
            yield line.split("\t")


def _read(reader: Reader, case: Path, expected: Record) -> Record:
    declared = expected.get("content_type") or expected.get("declared_type") or ""
    body = (case / expected["input"]).read_bytes()
    return record_of(Input(case.name, body), Declared(type=declared), reader)


def _at(value: Any, path: Sequence[str], wanted: Any) -> Any:
    """The value at a path of a record; the number of a list where a number is wanted."""
    for step in path:
        if step == "*":
            return [_at(each, path[path.index(step) + 1 :], None) for each in value]
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError):
            return "nothing there"
    return len(value) if isinstance(value, list) and isinstance(wanted, int) else value


def _is_right(read: Record, expected: Record) -> bool:
    if "refused" in expected:
        return read.get("refused") in expected["refused"]
    if "refused" in read:
        return bool(expected.get("or_refused"))
    turns = _turns(read)
    if turns == expected["segments"]:
        return True
    rules = [rule for rule in _RULES if rule in expected]
    return bool(rules) and all(_RULES[rule](turns, expected[rule]) for rule in rules)


def _turns(read: Record) -> list[list[str]]:
    return [[each["label"] or "", each["text"]] for each in read.get("segments", [])]


def _has_in_order(turns: list[list[str]], wanted: list[list[str]]) -> bool:
    rest = iter(turns)
    return all(any(turn == each for turn in rest) for each in wanted)


def _has_pattern(turns: list[list[str]], pattern: list[int]) -> bool:
    """Whether two turns have the same label where the pattern has the same number."""
    labels = [label for label, _ in turns]
    pairs = combinations(range(len(pattern)), 2)
    return (
        len(labels) == len(pattern)
        and all(labels)
        and all((labels[a] == labels[b]) == (pattern[a] == pattern[b]) for a, b in pairs)
    )


_RULES: dict[str, Callable[[list[list[str]], Any], bool]] = {
    "must": _has_in_order,
    "must_not": lambda turns, banned: not any(turn in turns for turn in banned),
    "never_labels": lambda turns, banned: not {label for label, _ in turns} & {*banned},
    "only_labels": lambda turns, allowed: {label for label, _ in turns} <= {*allowed},
    "pattern": _has_pattern,
}
SCORES = {
    "feeds": score_feeds,
    "opml": score_opml,
    "transcripts": score_transcripts,
    "dates": score_dates,
    "labels": score_labels,
    "headings": score_headings,
    "people": score_people,
}


if __name__ == "__main__":
    print_scores(SCORES, Path(sys.argv[1]))
