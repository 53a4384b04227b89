"""How far an added podcast has come, as pages show it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.queries.ingest_progress import IngestProgress
from models.reasons import next_step
from web.languages.formats import whole_number
from web.languages.texts import N_, translated
from web.presenters.reason_texts import reason_text

STEPS = (
    *(N_("Queued"), N_("Feed read")),
    *(N_("Reading transcripts"), N_("Counted")),
)


@dataclass(frozen=True, slots=True)
class PodcastProgress:
    """An added podcast, and how many of the steps it has reached."""

    podcast: IngestProgress
    reached: int
    refused: bool
    message: str
    next_step: str
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
        next_step=translated(next_step(row.reason, tried_again=row.state != "refused"))
        if failed
        else "",
        done_with=failed or (read and not reading) or row.state in {"paused", "removed"},
    )


@dataclass(frozen=True, slots=True)
class NotAdded:
    """How many entries of a list were refused at once, and how many left out of a long list."""

    refused: int = 0
    left_out: int = 0


def summary(podcasts: Sequence[PodcastProgress], already: set[int], not_added: NotAdded) -> str:
    """How a list fares: "80 added, 20 refused, 100 unreachable, tried again"; "" for one."""
    if len(podcasts) + not_added.refused + not_added.left_out < 2:
        return ""
    new = [one for one in podcasts if one.podcast.id not in already]
    refused = sum(one.podcast.state == "refused" for one in new)
    unreachable = sum(one.refused for one in new) - refused
    read = sum(one.podcast.last_ok_at is not None for one in new)
    counts = {
        N_("added"): read,
        N_("already added"): len(podcasts) - len(new),
        N_("waiting for their first poll"): len(new) - refused - unreachable - read,
        N_("refused"): refused + not_added.refused,
        N_("unreachable (will be tried again)"): unreachable,
        N_("left out"): not_added.left_out,
    }
    shown = [f"{whole_number(n)} {translated(name)}" for name, n in counts.items() if n]
    return ", ".join(shown) + "."
