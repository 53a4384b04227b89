"""Reads a transcript of an episode: its segments, and how much it says about who speaks. Pure.

It reads a stranger's bytes, so it runs in the child process, within the budget of one document.
"""

from dataclasses import dataclass, field

from tasks.budgets.limits import codes_of, collected_limits
from tasks.ingest.merit import Merit, merit_of
from tasks.speakers.evidence.feed_names import FeedTexts, known_speakers
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.private_transcript import without_private_texts
from tasks.transcripts.values import ParsedTranscript


@dataclass(frozen=True, slots=True)
class TranscriptToRead:
    """The bytes of a transcript, what says how to read them, and what has to be hidden in them.

    ``secrets`` is None for a podcast that is public.
    """

    body: bytes = field(repr=False)
    declared_type: str
    content_type: str | None
    language: str | None
    secrets: frozenset[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A transcript that was read, its merit, and the codes of the limits that it reached."""

    parsed: ParsedTranscript
    merit: Merit
    limits: tuple[str, ...] = ()


def read_source(source: TranscriptToRead, texts: FeedTexts | None = None) -> Reading:
    """Read a transcript, with the names in its feed where labels alone decide too little.

    Raises:
        TranscriptRefused: it is none, or in a format that is not supported.
    """
    with collected_limits() as reached:
        parsed = parse_transcript(
            source.body,
            declared_type=source.declared_type,
            content_type=source.content_type,
            language=source.language,
            known=known_speakers(texts) if texts else (),
        )
    if source.secrets is not None:
        parsed = without_private_texts(parsed, source.secrets)
    return Reading(parsed, merit_of(parsed), codes_of(reached))
