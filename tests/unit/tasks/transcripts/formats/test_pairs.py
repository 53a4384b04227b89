"""Every transcript in tests/data/transcripts parses to the JSON beside it."""

import json
from pathlib import Path

import pytest

from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import Segment, TranscriptRefused
from tests.paths import DATA

TRANSCRIPTS = DATA / "transcripts"
SOURCES = sorted(path for path in TRANSCRIPTS.iterdir() if path.suffix != ".json")


def test_each_sample_transcript_has_expected_json() -> None:
    assert SOURCES
    assert {path.stem for path in SOURCES} == {path.stem for path in TRANSCRIPTS.glob("*.json")}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_sample_transcript_parses_to_its_expected_json(source: Path) -> None:
    expected = json.loads(source.with_suffix(".json").read_text(encoding="utf-8"))
    if "refused" in expected:
        with pytest.raises(TranscriptRefused) as refusal:
            parse_transcript(source.read_bytes())
        assert refusal.value.reason == expected["refused"]
        return
    transcript = parse_transcript(source.read_bytes())
    assert transcript.format == expected["format"]
    assert list(transcript.segments) == [Segment(*fields) for fields in expected["segments"]]
