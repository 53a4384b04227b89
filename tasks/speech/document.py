"""The transcript that was made of an episode's audio, as Podcasting 2.0 JSON; pure.

It is stored as the body of a transcript and goes through ingest like a publisher's. Beside what the
specification has, it says what made it, and each segment has its words with their confidence.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tasks.speech.segments import numbered_labels, segment_of, segment_runs
from tasks.speech.values import SpokenWord

URL = "overheard:speech"
MEDIA_TYPE = "application/json"


def transcript_document(words: Sequence[SpokenWord], made_by: Mapping[str, Any]) -> bytes:
    """The body of the transcript; the same words give the same bytes."""
    labels = numbered_labels(words)
    document = {
        "version": "1.0.0",
        "madeBy": made_by,
        "segments": [_segment(run, labels) for run in segment_runs(words)],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _segment(run: Sequence[SpokenWord], labels: dict[int, str]) -> dict[str, Any]:
    segment = segment_of(run, labels)
    return {
        "speaker": segment.label,
        "startTime": _seconds(segment.start_ms or 0),
        "endTime": _seconds(segment.end_ms or 0),
        "body": segment.text,
        "words": list(_words(run)),
    }


def _words(run: Iterable[SpokenWord]) -> Iterable[list[Any]]:
    """``[text, startTime, endTime, probability]`` of each word."""
    for one in run:
        word = one.word
        yield [
            word.text,
            _seconds(word.start_ms),
            _seconds(word.end_ms),
            round(word.probability, 2),
        ]


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000
