"""A transcript of a private podcast without URLs and secrets. Pure."""

from collections.abc import Collection
from dataclasses import replace

from tasks.http.private_text import without_secrets
from tasks.transcripts.values import ParsedTranscript, Segment


def without_private_texts(parsed: ParsedTranscript, secrets: Collection[str]) -> ParsedTranscript:
    """Return the transcript as it is stored; a label with a secret names nobody."""
    return replace(
        parsed,
        segments=tuple(_segment(segment, secrets) for segment in parsed.segments),
        candidates=tuple(
            one for one in parsed.candidates if without_secrets(one.label, secrets) == one.label
        ),
    )


def _segment(segment: Segment, secrets: Collection[str]) -> Segment:
    is_clean = without_secrets(segment.label, secrets) == segment.label
    return segment._replace(
        label=segment.label if is_clean else "", text=without_secrets(segment.text, secrets)
    )
