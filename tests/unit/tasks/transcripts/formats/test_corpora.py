"""Transcripts that other projects collected parse as in those projects."""

import html
import json
from pathlib import Path
from typing import Any

import pytest

from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import ParsedTranscript, Segment, TranscriptRefused
from tests.acceptance.corpora import corpus


def read(path: Path) -> ParsedTranscript:
    return parse_transcript(path.read_bytes())


def words(body: str) -> str:
    return normalise_text(html.unescape(body))  # it does not resolve references in HTML


def ms(seconds: float) -> int:
    return round(seconds * 1000)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("buzzcast.json", "buzzcast_json_parsed.json"),
        ("how_to_start_a_podcast.json", "how_to_start_a_podcast_json_parsed.json"),
        ("buzzcast.srt", "buzzcast_srt_parsed.json"),
        ("buzzcast.html", "buzzcast_html_parsed.json"),
    ],
)
def test_transcriptator_samples_parse_as_in_transcriptator(source: str, expected: str) -> None:
    folder = corpus("transcriptator")
    items = json.loads((folder / expected).read_text())["segments"]
    ours = read(folder / source).segments
    assert [(s.label, s.text, s.start_ms) for s in ours] == [
        (item["speaker"], words(item["body"]), ms(item["startTime"])) for item in items
    ]
    # It invents an end for the last paragraph of HTML, which has none.
    with_end = items if not source.endswith("html") else items[:-1]
    assert [s.end_ms for s in ours[: len(with_end)]] == [ms(item["endTime"]) for item in with_end]


def test_speaker_applies_to_segments_until_the_next_one() -> None:
    folder = corpus("transcriptator")
    name = "how_to_start_a_podcast_json_speaker_changed_parsed.json"
    items: list[dict[str, Any]] = json.loads((folder / name).read_text())["segments"]
    expected, speaker = [], ""
    for item in items:
        speaker = item.get("speaker", speaker)
        expected.append((speaker, normalise_text(item["body"])))
    assert [(s.label, s.text) for s in read(folder / name).segments] == expected


def test_podfetch_samples_parse_even_the_broken_one() -> None:
    folder = corpus("podfetch-transcripts")
    two = (
        Segment("Alice", "Hello world", 500, 4_200),
        Segment("Bob", "Nice to meet you", 4_200, 8_000),
    )
    assert read(folder / "sample.json").segments == two
    vtt = read(folder / "sample.vtt").segments
    assert [s.label for s in vtt] == ["Alice", "Bob"]
    assert vtt[1].text == "Nice to meet you that continues on a second line"
    assert [s.label for s in read(folder / "sample.srt").segments] == ["", ""]
    assert read(folder / "sample.html").segments == (
        Segment("Alice", "Hello world", 0, 4_000),
        Segment("Bob", "Nice to meet you & you too", 4_000),
        Segment("Bob", "No time here, just narration."),
    )
    assert read(folder / "broken.vtt").segments == (Segment("", "Hello world", 500, 4_200),)
    with pytest.raises(TranscriptRefused) as refused:
        read(folder / "empty.json")
    assert refused.value.reason == "not_a_transcript"


@pytest.mark.parametrize(
    ("name", "labels", "segments"),
    [
        ("example.vtt", {"Sarah", "Gillian"}, 7),
        ("example.json", {"Darth Vader", "Luke"}, 5),
        ("example.srt", {"Travis", "Gilon", "Sarah"}, None),
        ("example.html", {"Travis", "Gilon", "Sarah"}, None),
    ],
)
def test_podcast_namespace_examples_parse(
    name: str, labels: set[str], segments: int | None
) -> None:
    transcript = read(corpus("podcast-namespace") / "transcripts" / name)
    assert labels <= {s.label for s in transcript.segments}
    assert segments is None or len(transcript.segments) == segments
    assert all(s.start_ms is not None for s in transcript.segments)
