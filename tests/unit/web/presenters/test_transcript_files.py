"""Transcripts as files: what is written is read again by our own parsers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.transcripts.parse import parse_transcript
from web.presenters.transcript_files import (
    TIMED,
    TimesMissing,
    TranscriptFormat,
    WrittenSegment,
    write_transcript,
)

TALK = [
    WrittenSegment("Ann Smith", 0, 2500, "Rock & roll, <really>?"),
    WrittenSegment("Ann Smith", 2500, None, "Two\n\nlines."),
    WrittenSegment("Bo Lund", 61_000, 3_662_004, "Yes: so."),
    WrittenSegment("", 3_662_004, 3_663_000, "(laughter)"),
]


def test_vtt_has_voices_escapes_and_no_empty_line_in_a_cue() -> None:
    assert write_transcript(TALK, TranscriptFormat.vtt) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:02.500\n<v Ann Smith>Rock &amp; roll, &lt;really&gt;?\n\n"
        "00:00:02.500 --> 00:00:12.500\n<v Ann Smith>Two lines.\n\n"
        "00:01:01.000 --> 01:01:02.004\n<v Bo Lund>Yes: so.\n\n"
        "01:01:02.004 --> 01:01:03.000\n(laughter)\n"
    )


def test_srt_names_a_speaker_when_it_changes() -> None:
    assert write_transcript(TALK[:3], TranscriptFormat.srt) == (
        "1\n00:00:00,000 --> 00:00:02,500\nAnn Smith: Rock & roll, <really>?\n\n"
        "2\n00:00:02,500 --> 00:00:12,500\nTwo lines.\n\n"
        "3\n00:01:01,000 --> 01:01:02,004\nBo Lund: Yes: so.\n"
    )


def test_json_is_that_of_podcasting_20() -> None:
    written = json.loads(write_transcript(TALK[2:], TranscriptFormat.json))
    assert written == {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Bo Lund", "startTime": 61.0, "endTime": 3662.004, "body": "Yes: so."},
            {"startTime": 3662.004, "endTime": 3663.0, "body": "(laughter)"},
        ],
    }


def test_text_has_a_paragraph_for_each_turn() -> None:
    assert write_transcript(TALK, TranscriptFormat.txt) == (
        "Ann Smith: Rock & roll, <really>? Two lines.\n\nBo Lund: Yes: so.\n\nUnknown: (laughter)\n"
    )


@pytest.mark.parametrize("form", sorted(TIMED))
def test_format_with_times_is_refused_without_them(form: TranscriptFormat) -> None:
    with pytest.raises(TimesMissing):
        write_transcript([WrittenSegment("Ann Smith", None, None, "Hello.")], form)


words = st.text(alphabet="abc xyz&<>:äß漢\n", min_size=1, max_size=60).filter(
    lambda text: any(c.isalpha() for c in text)
)


@given(st.lists(words, min_size=1, max_size=12))
def test_what_is_written_as_vtt_is_read_again(texts: list[str]) -> None:
    segments = [
        WrittenSegment("Ann Smith", n * 1000, n * 1000 + 900, t) for n, t in enumerate(texts)
    ]
    parsed = parse_transcript(
        write_transcript(segments, TranscriptFormat.vtt).encode(), declared_type="text/vtt"
    )
    read = [(s.label, s.start_ms, s.text) for s in parsed.segments]
    assert read == [("Ann Smith", s.start_ms, " ".join(s.text.split())) for s in segments]
