"""Reads transcripts within the budget of one document."""

from collections.abc import Iterable

from tasks.budgets.parent import within_budget
from tasks.budgets.values import OverBudget
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import ParsedTranscript, TranscriptRefused


def read_transcript(
    body: bytes,
    *,
    declared_type: str = "",
    content_type: str | None = None,
    language: str | None = None,
    known: Iterable[str] = (),
) -> ParsedTranscript:
    """Return what :func:`parse_transcript` does, in a child process with limits.

    Raises:
        TranscriptRefused: ``over_budget``, or what ``parse_transcript`` raises.
        BudgetInterrupted: the transcript was not read, for a reason that is not its own.
    """
    try:
        return within_budget(
            parse_transcript,
            body,
            declared_type=declared_type,
            content_type=content_type,
            language=language,
            known=known,
        )
    except OverBudget as over:
        raise TranscriptRefused("over_budget", f"The transcript is too costly: {over}.") from over
