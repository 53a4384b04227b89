"""The dialects of JSON transcripts, each in a module of its own, and which one a document is."""

from collections.abc import Callable, Iterable, Iterator

from tasks.transcripts.formats.assemblyai import parse_assemblyai
from tasks.transcripts.formats.aws_transcribe import parse_aws_transcribe
from tasks.transcripts.formats.deepgram import parse_deepgram
from tasks.transcripts.formats.elevenlabs import parse_elevenlabs
from tasks.transcripts.formats.google_speech import parse_google_speech
from tasks.transcripts.formats.json_document import JsonObject, load_document
from tasks.transcripts.formats.json_shape import parse_by_shape
from tasks.transcripts.formats.podcast_json import parse_podcast_json
from tasks.transcripts.formats.rev import parse_rev
from tasks.transcripts.formats.segment_list import parse_segment_list
from tasks.transcripts.formats.whisper_cpp import parse_whisper_cpp
from tasks.transcripts.formats.youtube_json3 import parse_youtube_json3
from tasks.transcripts.values import LabelledSegments, Segment, TranscriptRefused

# Each returns None for a document of another dialect. The flat list comes last: it asks for least.
_DIALECTS: tuple[tuple[str, Callable[[JsonObject], Iterable[Segment] | None]], ...] = (
    ("podcast_json", parse_podcast_json),
    ("youtube_json3", parse_youtube_json3),
    ("whisper_cpp", parse_whisper_cpp),
    ("rev", parse_rev),
    ("deepgram", parse_deepgram),
    ("aws_transcribe", parse_aws_transcribe),
    ("google_speech", parse_google_speech),
    ("elevenlabs", parse_elevenlabs),
    ("assemblyai", parse_assemblyai),
    ("whisper_json", parse_segment_list),
)


# Services wrap the same forms: Gladia's {"result": {"transcription": {"utterances": …}}}.
_WRAPPERS = ("result", "results", "response", "output", "data", "transcription", "transcript")
_MAX_DEPTH = 3


def parse_json(text: str) -> tuple[str, Iterable[Segment]]:
    """Return the dialect of a JSON body and its segments.

    Raises:
        TranscriptRefused: ``broken_json`` or ``not_a_transcript``.
    """
    document = load_document(text.lstrip("\ufeff \t\n\f\v\x00"))
    for inner in _unwrapped(document):
        for name, parse in _DIALECTS:
            segments = parse(inner)
            if segments is not None:
                return name, _with_speakers(segments, document)
    if (segments := parse_by_shape(document)) is not None:
        return "json", segments
    raise TranscriptRefused("not_a_transcript", "The JSON has no list of segments.")


def _with_speakers(segments: Iterable[Segment], document: JsonObject) -> Iterable[Segment]:
    """The segments; where they name nobody, those that the shape of the document shows."""
    if not isinstance(segments, LabelledSegments) or any(each.label for each in segments):
        return segments
    by_shape = parse_by_shape(document)
    if by_shape is None or isinstance(by_shape, LabelledSegments):
        return segments
    return by_shape


def _unwrapped(document: JsonObject, depth: int = 0) -> Iterator[JsonObject]:
    """Yield a document and the objects that it wraps, from the outside."""
    yield document
    for key in _WRAPPERS:
        inner = document.get(key)
        if isinstance(inner, dict) and depth < _MAX_DEPTH:
            yield from _unwrapped(inner, depth + 1)
