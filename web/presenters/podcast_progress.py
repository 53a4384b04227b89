"""How far an added podcast has come, as pages show it. Pure."""

from dataclasses import dataclass

from models.queries.ingest_progress import IngestProgress
from web.presenters.reason_texts import reason_text

STEPS = ("Queued", "Feed read", "Reading transcripts", "Counted")


@dataclass(frozen=True, slots=True)
class PodcastProgress:
    """An added podcast, and how many of the steps it has reached."""

    podcast: IngestProgress
    reached: int
    refused: bool
    message: str
    done_with: bool


def podcast_progress(row: IngestProgress) -> PodcastProgress:
    """How many of the steps are reached, what to show, and whether it can still change."""
    read = row.last_ok_at is not None
    reading = row.done + row.failed < row.jobs
    failed = row.state == "refused" or (not read and row.reason is not None)
    return PodcastProgress(
        podcast=row,
        reached=4 if read and not reading else 3 if read and row.done else 2 if read else 1,
        refused=failed,
        message=reason_text(row.reason) if row.reason else "",
        done_with=failed or (read and not reading) or row.state in {"paused", "removed"},
    )
