"""Every pair in tests/data/feeds: NAME.xml parses to the values in NAME.json."""

import json
from pathlib import Path

import pytest

from tasks.feeds.parser import markup
from tests.paths import DATA
from tests.unit.tasks.feeds.parser.shown import shown

FEEDS = DATA / "feeds"
DOCUMENTS = sorted(FEEDS.glob("*.xml"))


def test_there_are_data_pairs() -> None:
    assert len(DOCUMENTS) >= 25


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_document_parses_to_its_expected_values(document: Path) -> None:
    expected = json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))
    assert shown(document.read_bytes()) == expected


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_document_parses_the_same_in_small_chunks(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))
    monkeypatch.setattr(markup, "_CHUNK_SIZE", 3)
    assert shown(document.read_bytes()) == expected
