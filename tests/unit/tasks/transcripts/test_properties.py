"""Properties of parsing: any bytes are parsed or refused, and all formats agree."""

import html
import json
from collections import Counter
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import ParsedTranscript, TranscriptRefused
from tests.paths import DATA

TRANSCRIPTS = DATA / "transcripts"
BODIES = [path.read_bytes() for path in sorted(TRANSCRIPTS.iterdir()) if path.suffix != ".json"]
PIECES = [
    b"WEBVTT\n\n", b"00:00.000 --> 00:01.000\n", b"<v A>", b"{", b'{"segments": [', b'"body": "',
    b"]}", b"**Ada:** ", b"Ada: ", b"[00:01] ", b"\\", b"\n", b"\n\n", b"<p>", b"<cite>", b"</p>",
    b"---\n", b"# ", b"- ", b"> ", b"\xff", b"\x00", b"&#x", b"&amp;", b"1\n", b":", b">> ", b"*",
    b"_", "\uff1aé".encode(),
]  # fmt: skip


def check(transcript: ParsedTranscript) -> None:
    assert transcript.segments
    for segment in transcript.segments:
        assert segment.text
        assert segment.text == normalise_text(segment.text)
        assert segment.label == normalise_text(segment.label)
        assert len(segment.label) <= 200
        for ms in (segment.start_ms, segment.end_ms):
            assert ms is None or 0 <= ms < 2**31
        if segment.start_ms is not None and segment.end_ms is not None:
            assert segment.start_ms <= segment.end_ms


def read(body: bytes) -> None:
    with suppress(TranscriptRefused):
        check(parse_transcript(body))


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    read(body)


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=40))
def test_any_fragments_of_formats_are_parsed_or_refused(pieces: list[bytes]) -> None:
    read(b"".join(pieces))


@settings(max_examples=400)
@given(st.sampled_from(BODIES), st.data())
def test_truncated_or_mutated_bytes_are_parsed_or_refused(body: bytes, data: st.DataObject) -> None:
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    insert = data.draw(st.sampled_from(PIECES) | st.binary(max_size=8))
    read(body[:end])
    read(body[:begin] + insert + body[end:])


KEYS = st.sampled_from(
    [
        *("segments", "body", "text", "speaker", "words", "start", "startTime", "end", "endTime"),
        *("utterances", "transcription", "offsets", "from", "to", "monologues", "elements"),
        *("value", "results", "items", "alternatives", "content", "channels", "transcript"),
        *("events", "tStartMs", "segs", "utf8", "speakers", "id", "name", "start_ms", "seconds"),
        *("nanos", "type", "speaker_id"),
    ]
)
SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=300)
@given(JSON)
def test_any_json_is_parsed_or_refused(document: object) -> None:
    read(json.dumps({"segments": document}).encode())
    read(json.dumps(document).encode())
    if isinstance(document, dict):
        for key in ("utterances", "transcription", "monologues", "results", "events", "words"):
            read(json.dumps({key: [document]}).encode())
            read(json.dumps({key: document}).encode())


# Characters with a meaning in one of the formats are left out.
LETTERS = st.sampled_from("Aéñ張ж")
_PLAIN = st.characters(
    codec="utf-8", exclude_characters="\\[]<>&{}*_`:\uff1a-\u2013\u2014>#|~=(\u2026.+\u2022"
)
WORDS = st.builds(lambda first, rest: normalise_text(first + rest), LETTERS, st.text(_PLAIN))
NAMES = st.sampled_from(["Ada Example", "Bo Sample", "AS", "Speaker 2", "Zoë de Łuk"])
# Every label occurs twice: a single one is a label only beside others.
TURNS = st.lists(st.tuples(NAMES, WORDS, WORDS), min_size=2, max_size=6).map(
    lambda turns: [(name, text) for name, *texts in turns for text in texts]
)


SHAPES = (
    "**{}:** {}",
    "**{}**: {}",
    "_{}_: {}",
    "{}: {}",
    "{} (0:00:15): {}",
    "[0:00:15] {}: {}",
    "{}: 00:01:30\n\n{}",
)


def turns_in(body: str) -> Counter[tuple[str, str]]:
    return Counter((s.label, s.text) for s in parse_transcript(body.encode()).segments)


@settings(max_examples=150)
@given(TURNS)
def test_every_format_returns_the_same_labels_and_texts(turns: list[tuple[str, str]]) -> None:
    expected = Counter(turns)
    times = [(f"00:00:{i:02}", f"00:00:{i + 1:02}") for i in range(len(turns))]
    timed = list(zip(turns, times, strict=True))
    items = [{"speaker": n, "startTime": i, "body": t} for i, (n, t) in enumerate(turns)]
    whisper = [{"speaker": n, "start": i, "text": t} for i, (n, t) in enumerate(turns)]
    voices = "".join(f"{b}.000 --> {e}.000\n<v {n}>{t}\n\n" for (n, t), (b, e) in timed)
    cues = "".join(f"1\n{b},000 --> {e},000\n{n}: {t}\n\n" for (n, t), (b, e) in timed)
    page = "".join(f"<cite>{n}:</cite><time>0:00</time><p>{html.escape(t)}</p>" for n, t in turns)
    assert turns_in(json.dumps({"segments": items})) == expected
    assert turns_in(json.dumps({"segments": whisper})) == expected
    assert turns_in("WEBVTT\n\n" + voices) == expected
    assert turns_in(cues) == expected
    assert turns_in(page) == expected
    for shape in (
        "**{}:** {}",
        "**{}**: {}",
        "_{}_: {}",
        "{}: {}",
        "{} (0:00:15): {}",
        "{}: 00:01:30\n\n{}",
    ):
        assert turns_in("\n\n".join(shape.format(*turn) for turn in turns)) == expected, shape
