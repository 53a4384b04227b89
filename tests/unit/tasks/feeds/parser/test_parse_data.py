"""Every pair in tests/data/feeds: NAME.xml is what arrives, NAME.json what it says."""

import json
from pathlib import Path

import pytest

from tasks.feeds.parser import markup
from tests.paths import DATA
from tests.unit.tasks.feeds.parser.shown import shown

FEEDS = DATA / "feeds"
DOCUMENTS = sorted(FEEDS.glob("*.xml"))


def test_each_sample_transcript_has_expected_json() -> None:
    assert len(DOCUMENTS) >= 25


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_says_what_its_pair_expects(document: Path) -> None:
    expected = json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))
    assert shown(document.read_bytes()) == expected


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_says_the_same_in_the_smallest_of_pieces(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))
    monkeypatch.setattr(markup, "_PIECE", 3)
    assert shown(document.read_bytes()) == expected
