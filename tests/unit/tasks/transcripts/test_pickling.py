"""A transcript that a child process has read is the same in its parent."""

import pickle

import pytest

from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import LabelCandidate, ParsedTranscript, Segment

NAMED = b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann Smith>Hello.\n\n00:02.000 --> 00:05.000\nHi.\n"


@pytest.mark.parametrize("parsed", [parse_transcript(NAMED), ParsedTranscript("text", ())])
def test_pickled_transcript_is_the_same(parsed: ParsedTranscript) -> None:
    again = pickle.loads(pickle.dumps(parsed, pickle.HIGHEST_PROTOCOL))  # noqa: S301
    assert again == parsed
    assert {type(one) for one in again.segments} <= {Segment}
    assert {type(one) for one in again.candidates} <= {LabelCandidate}
