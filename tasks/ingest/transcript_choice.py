"""Choose the transcript of an episode: fetch the listed ones in order until one names people.

A transcript that was made from the audio is read where the publisher has none that can be read, and
where a podcast is always transcribed and the publisher's labels nobody.

An unnamed transcript loses to a named one: Podlove lists JSON with numbers and WebVTT with names.
So a second URL is only fetched when the first names nobody, and never one in another language.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models import Stage, get_settings
from models.database import Session, in_transaction
from tasks.budgets.parent import within_budget
from tasks.budgets.values import BudgetInterrupted, OverBudget
from tasks.http.private_text import feed_secrets, hosted_url, secrets_of
from tasks.http.redaction import public_url
from tasks.http.retries import fetch_with_retries
from tasks.http.settings import fetch_loop, transcript_limits
from tasks.http.values import Fetched, FetchFailed, FetchRequest, body_hash, status_failure
from tasks.ingest.merit import Merit
from tasks.ingest.reading import Reading, TranscriptToRead, read_source
from tasks.jobs.values import JobFailed
from tasks.raw.store import load_raw
from tasks.speakers.evidence.feed_names import FeedTexts
from tasks.speakers.store.feed_texts import feed_texts
from tasks.transcripts.parse import PARSER_VERSION
from tasks.transcripts.select import is_in_language_of, rank_transcripts
from tasks.transcripts.store import ListedTranscript, listed_transcripts
from tasks.transcripts.values import ParsedTranscript, TranscriptRefused

# Failures that every further attempt would repeat: the job waits for a person, not for time.
_PERMANENT = frozenset({"address_refused", "port_refused", "scheme_refused", "bad_url"})


@dataclass(frozen=True, slots=True)
class FetchedTranscript:
    """A transcript that was fetched and parsed; ``failures`` are those of other listed ones.

    ``parsed`` is None when the stored segments come from the same bytes. ``merit`` says how much
    it says about who speaks, ``limits`` what was left out of it.
    """

    listed: ListedTranscript
    body: bytes = field(repr=False)
    body_hash: bytes
    parsed: ParsedTranscript | None
    fetch_ms: int
    parse_ms: int
    merit: Merit = Merit.unlabelled
    limits: tuple[str, ...] = ()
    failures: tuple[JobFailed, ...] = ()

    @property
    def is_stored(self) -> bool:
        """Whether the stored segments come from the same bytes, by the same parser."""
        source = (self.listed.body_hash, self.listed.parser_version)
        return self.listed.is_selected and source == (self.body_hash, PARSER_VERSION)


def readable_transcripts(session: Session, episode_id: int, stage: Stage) -> list[ListedTranscript]:
    """Transcripts of an episode that may be read at this stage."""
    listed = listed_transcripts(session, episode_id)
    if stage is Stage.parse:
        # Nothing is fetched, and stored bodies that are not selected are older than the segments.
        return [transcript for transcript in listed if transcript.is_selected]
    return listed


def fetch_best_transcript(
    listed: list[ListedTranscript], stage: Stage, *, force: bool
) -> FetchedTranscript:
    """Fetch and parse the listed transcripts in order of rank, until one names people.

    Where none does, the first with the most merit is the best. Without ``force``, the bytes that
    the stored segments come from are not stored again.

    Raises:
        JobFailed: all of them failed (permanent only if each failure is), or the stored one failed
            for now and no other names people.
    """
    ranked = _ranked(listed)
    fetched: list[FetchedTranscript] = []
    failed: list[tuple[ListedTranscript, JobFailed]] = []
    for transcript in ranked:
        if not _is_wanted(transcript, fetched):
            continue
        try:
            one = _fetch_and_parse(transcript, stage, skip_stored=len(ranked) == 1 and not force)
        except JobFailed as failure:
            failed.append((transcript, failure))
            continue
        fetched.append(one)
        if one.merit is Merit.named:
            break
    return _best(fetched, failed, force=force)


def _ranked(listed: Sequence[ListedTranscript]) -> list[ListedTranscript]:
    """The publisher's transcripts by rank, then the one that was made from the audio."""
    published = [one for one in listed if not one.is_heard]
    ranked = rank_transcripts(published, podcast_language=listed[0].podcast_language)
    return [*ranked, *(one for one in listed if one.is_heard)]


def _is_wanted(transcript: ListedTranscript, fetched: Sequence[FetchedTranscript]) -> bool:
    """Whether a transcript may be better than those of higher rank that were fetched."""
    if not fetched:
        return True
    if transcript.is_heard:
        unlabelled = all(one.merit is Merit.unlabelled for one in fetched)
        return transcript.is_always_heard and unlabelled
    return is_in_language_of(transcript, fetched[0].listed)


def _best(
    fetched: Sequence[FetchedTranscript],
    failed: Sequence[tuple[ListedTranscript, JobFailed]],
    *,
    force: bool,
) -> FetchedTranscript:
    failures = tuple(failure for _, failure in failed)
    if not fetched:
        permanent = all(failure.permanent for failure in failures)
        raise JobFailed(failures[0].reason, message_of(failures), permanent=permanent)
    best = max(fetched, key=lambda one: one.merit)
    for transcript, failure in failed:
        # The stored names are not given up for a transcript without names while a server is down.
        if transcript.is_selected and best.merit is not Merit.named and not failure.permanent:
            raise failure
    parsed = None if best.is_stored and not force else best.parsed
    return replace(best, parsed=parsed, failures=failures)


def message_of(failures: Sequence[JobFailed]) -> str:
    """The messages of failures as one."""
    return "; ".join(str(failure) for failure in failures)


def _fetch_and_parse(
    listed: ListedTranscript, stage: Stage, *, skip_stored: bool
) -> FetchedTranscript:
    started = time.monotonic()
    body, content_type = _body(listed, stage)
    fetched_at = time.monotonic()
    fetch_ms = milliseconds(started, fetched_at)
    fetched = FetchedTranscript(listed, body, body_hash(body), None, fetch_ms, parse_ms=0)
    if skip_stored and fetched.is_stored:
        return fetched
    reading = _read(listed, body, content_type)
    parse_ms = milliseconds(fetched_at, time.monotonic())
    return replace(
        fetched,
        parsed=reading.parsed,
        merit=reading.merit,
        limits=reading.limits,
        parse_ms=parse_ms,
    )


def milliseconds(started: float, ended: float) -> int:
    """Whole milliseconds between two values of the monotonic clock."""
    return round((ended - started) * 1000)


def _body(listed: ListedTranscript, stage: Stage) -> tuple[bytes, str | None]:
    """Body and content type: from the raw store where the stage allows it, else fetched."""
    if stage is Stage.parse and listed.body_hash is not None:
        return in_transaction(load_raw, listed.body_hash), None
    if listed.heard_hash is not None:
        return in_transaction(load_raw, listed.heard_hash), None
    fetched = _fetch(listed)
    if failure := status_failure(fetched):
        raise JobFailed(failure.reason, f"{_shown_url(listed)}: {failure}")
    assert fetched.body is not None  # noqa: S101  a success without a body is a status_failure
    return fetched.body, fetched.headers.content_type


def _shown_url(listed: ListedTranscript) -> str:
    """The URL as messages have it."""
    if listed.private_feed_url is not None:
        return hosted_url(listed.url)
    return public_url(listed.url)


def _fetch(listed: ListedTranscript) -> Fetched:
    limits = transcript_limits(get_settings())
    try:
        return fetch_loop().run(
            lambda client: fetch_with_retries(client, FetchRequest(listed.url), limits)
        )
    except FetchFailed as failure:
        raise JobFailed(
            failure.reason,
            f"{_shown_url(listed)}: {failure}",
            permanent=failure.reason in _PERMANENT,
        ) from failure


def _read(listed: ListedTranscript, body: bytes, content_type: str | None) -> Reading:
    """Read a body; again with the names of its feed where labels alone decide too little."""
    source = TranscriptToRead(
        body,
        declared_type=listed.type,
        content_type=content_type,
        language=listed.language or listed.podcast_language,
        secrets=_secrets(listed),
    )
    reading = _read_within_budget(listed, source)
    if not reading.parsed.unsure_labels:
        return reading
    texts = in_transaction(feed_texts, listed.episode_id)
    return _read_within_budget(listed, source, texts)


def _secrets(listed: ListedTranscript) -> frozenset[str] | None:
    if listed.private_feed_url is None:
        return None
    return frozenset(feed_secrets(listed.private_feed_url) | secrets_of(*listed.episode_urls))


def _read_within_budget(
    listed: ListedTranscript, source: TranscriptToRead, texts: FeedTexts | None = None
) -> Reading:
    try:
        return within_budget(read_source, source, texts)
    except TranscriptRefused as refused:
        raise _failed(listed, refused.reason, refused, permanent=True) from refused
    except OverBudget as over:
        raise _failed(listed, "over_budget", over, permanent=True) from over
    except BudgetInterrupted as interrupted:
        raise _failed(listed, "time_limit", interrupted) from interrupted


def _failed(
    listed: ListedTranscript, reason: str, error: Exception, *, permanent: bool = False
) -> JobFailed:
    return JobFailed(reason, f"{_shown_url(listed)}: {error}", permanent=permanent)
