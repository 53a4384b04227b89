"""A candidate that occurs once is a label where the episode or its podcast knows the name."""

import pytest

from tasks.transcripts.labels.known import is_known, known_names
from tasks.transcripts.parse import parse_transcript

TURNS = "\n\n".join(f"Ada Example: Is it on, {n}?\n\nBo Sample: Not yet." for n in range(8))
CUES = "\n".join(
    f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{who}: It is on.\n"
    for n, who in enumerate(["Ada Example", "Bo Sample"] * 8 + ["Zip Tie", "Bo Sample"], 1)
)
PAGE = "".join(f"<p>{turn}</p>" for turn in [*TURNS.split("\n\n"), "Zip Tie: It is on."])


@pytest.mark.parametrize("body", [f"{TURNS}\n\nZip Tie: It is on.", CUES, PAGE])
def test_known_name_makes_a_label_that_occurs_once(body: str) -> None:
    for known, label in ((["Zip Tie"], "Zip Tie"), (["Zip"], ""), ([], "")):
        parsed = parse_transcript(body.encode(), known=known)
        spoken = {segment.label for segment in parsed.segments if "It is on" in segment.text}
        assert ("Zip Tie" in spoken) == bool(label)
        assert parsed.unsure_labels == (frozenset() if label else {"Zip Tie"})


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("Ada Example", True),
        ("ADA EXAMPLE", True),
        ("Ada", True),
        ("Dr. Ada Example (she/her)", True),
        ("Ada Other", False),
        ("Example of this", False),
        ("…", False),
    ],
)
def test_label_is_known_by_whole_words(label: str, answer: bool) -> None:
    assert is_known(label, known_names(["Ada Example", "Bo", "—"])) is answer


@pytest.mark.parametrize("line", ["The point is: it burned.", "Zip Tie: a maker of lamps."])
def test_known_name_outside_of_turns_is_no_label(line: str) -> None:
    before, after = (line, "") if line.startswith("Zip") else ("", line)
    text = f"{before}\n\n{TURNS}\n\n{after}\n\nBo Sample: Good night."
    parsed = parse_transcript(text.encode(), known=["The point is", "Zip Tie"])
    assert {segment.label for segment in parsed.segments} - {""} == {"Ada Example", "Bo Sample"}
