"""Transcripts that other projects collected, compared with what those projects read in them."""

import html
import json
from pathlib import Path
from typing import Any

import pytest

from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import Segment, Transcript, TranscriptRefused
from tests.acceptance.corpora import corpus


def read(path: Path) -> Transcript:
    return parse_transcript(path.read_bytes())


def words(body: str) -> str:
    return normalise_text(html.unescape(body))  # it leaves references in HTML as they are


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
def test_we_read_what_transcriptator_reads(source: str, expected: str) -> None:
    folder = corpus("transcriptator")
    items = json.loads((folder / expected).read_text())["segments"]
    ours = read(folder / source).segments
    assert [(s.label, s.text, s.start_ms) for s in ours] == [
        (item["speaker"], words(item["body"]), ms(item["startTime"])) for item in items
    ]
    # It invents an end for the last paragraph of HTML, which publishes none.
    counted = items if not source.endswith("html") else items[:-1]
    assert [s.end_ms for s in ours[: len(counted)]] == [ms(item["endTime"]) for item in counted]


def test_a_speaker_that_is_said_when_it_changes_stays_in_force() -> None:
    folder = corpus("transcriptator")
    name = "how_to_start_a_podcast_json_speaker_changed_parsed.json"
    items: list[dict[str, Any]] = json.loads((folder / name).read_text())["segments"]
    expected, in_force = [], ""
    for item in items:
        in_force = item.get("speaker", in_force)
        expected.append((in_force, normalise_text(item["body"])))
    assert [(s.label, s.text) for s in read(folder / name).segments] == expected


def test_podfetchs_samples_are_read_and_its_broken_one_too() -> None:
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
def test_the_namespaces_examples_are_read(
    name: str, labels: set[str], segments: int | None
) -> None:
    transcript = read(corpus("podcast-namespace") / "transcripts" / name)
    assert labels <= {s.label for s in transcript.segments}
    assert segments is None or len(transcript.segments) == segments
    assert all(s.start_ms is not None for s in transcript.segments)
