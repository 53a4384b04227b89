"""The judged cases: names, headings and documents with right answers, written by judgement.

`python -m tests.acceptance.judged FOLDER` prints what is read otherwise; see cases/README.md.
"""

import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import TranscriptRefused
from workers.cli.read.records import name_record

CASES = Path(__file__).parent / "cases"
ONE, OTHER = "Petra Lindqvist-Oye", "Samuel Brodnick"
TALK = (
    ("Good morning, and thank you for finding the time.", "It is a pleasure to be on the show."),
    ("Where were you when the dam was opened?", "I was on the ridge, with both of my sisters."),
    ("So nobody had warned the villages below?", "They rang the bells, but the wind was wrong."),
    ("How long did the water stay in the streets?", "It took nine days until we saw the stones."),
    ("What would you do otherwise today?", "I would have gone to the mayor myself."),
    ("Then let us leave it there for this week.", "Thank you, it was good to talk about it."),
)
SHAPES = ("bare", "bold", "boxed", "line", "first", "html", "srt")
PLACES = ("top", "middle", "end", "bold_top", "bold_end")
Turn = tuple[str, str]


@dataclass(frozen=True)
class Score:
    """How many single values are right, and what is read otherwise."""

    total: int
    wrong: list[str]

    @property
    def share(self) -> float:
        """The share that is right."""
        return 1 - len(self.wrong) / self.total


def turns(text: str, declared_type: str = "text/plain", known: Iterable[str] = ()) -> list[Turn]:
    """Label and text of each segment; both empty where the document is refused."""
    try:
        parsed = parse_transcript(text.encode(), declared_type=declared_type, known=known)
    except TranscriptRefused:
        return []
    return [(plain(segment.label), plain(segment.text)) for segment in parsed.segments]


def score_labels(folder: Path) -> Score:
    """Names beside another speaker, in seven shapes: each has its six turns."""
    rows = [row for row in _rows(folder / "names.tsv") if "person only" not in row[3]]
    names = [row[0] for row in rows if row[2] == "1"]
    wrong = [f"{name} {shapes}" for name in names if (shapes := list(misread_shapes(name)))]
    return Score(len(names), wrong)


def score_people(folder: Path) -> Score:
    """The person that a label alone says."""
    rows, wrong = _rows(folder / "names.tsv"), []
    for label, person, _, note in rows:
        also = [part.split(";")[0].strip() for part in note.split("also right:")[1:]]
        found = name_record(label)["person"] or ""
        if folded(found) not in {folded(each) for each in (person, *also)}:
            wrong.append(f"{label}: {found or 'nobody'} instead of {person or 'nobody'}")
    return Score(len(rows), wrong)


def score_headings(folder: Path) -> Score:
    """Headings in five places of a labelled document: nobody, and no words of a turn."""
    headings = [row[0] for row in _rows(folder / "headings.tsv")]
    wrong = [f"{each} {places}" for each in headings if (places := list(misread_places(each)))]
    return Score(len(headings), wrong)


def score_documents(folder: Path) -> Score:
    """Whole documents of mixed shapes."""
    documents = sorted((folder / "documents").iterdir())
    wrong = [f"{each.name}: {why}" for each in documents if (why := _misread(each))]
    return Score(len(documents), wrong)


def misread_shapes(name: str) -> Iterator[str]:
    """The shapes in which a name beside another speaker is read otherwise."""
    for shape in SHAPES:
        read = turns(_dialogue(name, shape), "text/html" if shape == "html" else "text/plain")
        counts = Counter(label for label, _ in read)
        others = {label: count for label, count in counts.items() if label != OTHER}
        if counts[OTHER] != len(TALK) or list(others.values()) != [len(TALK)] or "" in others:
            yield shape


def _dialogue(name: str, shape: str) -> str:
    lines = []
    spoken = [each for question, reply in TALK for each in ((OTHER, question), (name, reply))]
    for number, (who, what) in enumerate(spoken, 1):
        clock, until = (f"00:{s // 60:02}:{s % 60:02}" for s in (number * 19, number * 19 + 5))
        forms = {
            "bare": f"{who}: {what}\n",
            "bold": f"**{who}:** {what}\n",
            "boxed": f"{who} ({clock}): {what}\n",
            "line": f"{who} {clock}\n{what}\n",
            "first": f"[{clock}] {who}: {what}\n",
            "html": f"<p><strong>{who}:</strong> {what}</p>",
            "srt": f"{number}\n{clock},000 --> {until},000\n{who}: {what}\n",
        }
        lines.append(forms[shape])
    return "\n".join(lines)


def misread_places(heading: str) -> Iterator[str]:
    """The places in which a heading takes words or becomes a label."""
    talk = [each for question, reply in TALK for each in ((ONE, question), (OTHER, reply))]
    for place in PLACES:
        read = turns("\n\n".join(_with_heading(heading, place, talk)), "text/markdown")
        labels = {label for label, _ in read} - {ONE, OTHER, ""}
        if labels or not _is_subsequence(talk, read):
            yield place


def _with_heading(heading: str, place: str, talk: list[Turn]) -> list[str]:
    bold = place.startswith("bold")
    spoken = [f"**{who}:** {what}" if bold else f"{who}: {what}" for who, what in talk]
    text = ["Two maps of the valley and what they leave out.", "A recipe for bread with rye."]
    alone = f"**{heading}:**" if bold else f"{heading}:"
    where = place.removeprefix("bold_")
    if where == "top":
        return [alone, *text, *spoken]
    if where == "middle":
        return [*spoken[:6], f"{alone} {text[0]}", text[1], *spoken[6:]]
    return [*spoken, f"{alone} {text[0]}" if bold else alone, *text]


def _misread(folder: Path) -> str:
    """Why a document is not read as expected; '' when it is."""
    expected: Any = json.loads((folder / "expected.json").read_text())
    (source,) = (path for path in folder.iterdir() if path.name.startswith("input."))
    known = [*expected.get("people", ()), *expected.get("recurring", ())]
    read = turns(source.read_text(), expected["type"], known)
    if not read:
        return "" if expected.get("or_refused") else "refused"
    if "segments" in expected:
        wanted = [(plain(label or ""), plain(text)) for label, text in expected["segments"]]
        return "" if read == wanted else _first_difference(read, wanted)
    return next(_broken_rules(read, expected), "")


def _broken_rules(read: list[Turn], expected: Any) -> Iterator[str]:
    for label, texts in expected.get("must", {}).items():
        for text in texts:
            if not _has(read, label, text):
                yield f"not under {label or 'nobody'}: {text}"
    for label, texts in expected.get("must_not", {}).items():
        for text in texts:
            if _has(read, label, text):
                yield f"under {label or 'nobody'}: {text}"
    labels = {label for label, _ in read if label}
    if never := labels & set(map(plain, expected.get("never_labels", []))):
        yield f"labels: {never}"
    if "only_labels" in expected and (more := labels - set(map(plain, expected["only_labels"]))):
        yield f"labels: {more}"


def _has(read: list[Turn], label: str, text: str) -> bool:
    return any(who == plain(label) and plain(text) in what for who, what in read)


def _first_difference(read: list[Turn], wanted: list[Turn]) -> str:
    for got, want in zip(read, wanted, strict=False):
        if got != want:
            return f"{got} instead of {want}"
    return f"{len(read)} segments instead of {len(wanted)}"


def _is_subsequence(wanted: list[Turn], read: list[Turn]) -> bool:
    rest = iter(read)
    return all(any(each == other for other in rest) for each in wanted)


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()[1:]]


def plain(text: str) -> str:
    """A text in NFC, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(name: str) -> str:
    """A name without case, with plain apostrophes."""
    return plain(name).replace("\u2019", "'").casefold()


SCORES = {
    "labels": score_labels,
    "people": score_people,
    "headings": score_headings,
    "documents": score_documents,
}


def print_scores(scores: Mapping[str, Callable[[Path], Score]], folder: Path) -> None:
    """Print the score of each kind of case in a folder, and what is wrong."""
    for kind, score in scores.items():
        result = score(folder)
        print(f"{kind}: {result.total - len(result.wrong)} of {result.total}")
        for line in result.wrong:
            print(f"  {line[:300]}")


if __name__ == "__main__":
    print_scores(SCORES, Path(sys.argv[1]))
