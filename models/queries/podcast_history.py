"""The history of a podcast: its feed URLs, polls, and its episodes by outcome."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.episode_history import PollStatus, poll_status
from models.queries.jobs import PausedQueue, paused_by_name
from models.queries.shown import fetch_all, fetch_one, fetch_only
from models.queries.visibility import original_episode
from models.tables.podcast import FeedBody, FeedUrlHistory, Podcast

_Original = aliased(Podcast)

# The outcome of an episode is that of its latest job; without a listed transcript it has no job.
_OUTCOMES = f"""
    SELECT CASE WHEN j.state IS NULL THEN 'no_transcript'
                WHEN j.state = 'waiting' AND j.attempts + j.worker_losses > 0 THEN 'failed'
                WHEN j.state = 'done' THEN coalesce(j.outcome, 'ran') ELSE j.state END AS state,
           CASE WHEN j.outcome IN ('failed', 'dead', 'degraded') THEN j.reason END AS reason,
           count(*) AS episodes, min(e.id) AS example,
           min(j.run_after) FILTER (WHERE j.state = 'waiting') AS next_at
    FROM episode e LEFT JOIN LATERAL (
        SELECT state, outcome, reason, attempts, worker_losses, run_after FROM job
        WHERE kind = 'parse' AND subject = e.id ORDER BY id DESC LIMIT 1) j ON true
    WHERE e.podcast_id = :id AND {original_episode()} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""  # noqa: S608  constants of ours
_SPOKEN = f"""
    SELECT count(DISTINCT e.id) FILTER (WHERE s.appearances > 0) AS episodes,
           coalesce(sum(s.appearances), 0)::bigint AS appearances,
           coalesce(sum(s.appearances) FILTER (WHERE s.person_id IS NOT NULL), 0)::bigint AS known,
           count(DISTINCT s.person_id) AS people,
           count(DISTINCT e.id) FILTER (WHERE s.version <> :matcher) AS outdated_matcher,
           (SELECT count(*) FROM transcript t JOIN episode x ON x.id = t.episode_id
            WHERE x.podcast_id = :id AND t.is_selected AND t.parser_version
                   IS DISTINCT FROM :parser)
               AS outdated_parser
    FROM episode e LEFT JOIN speaker s ON s.episode_id = e.id
    WHERE e.podcast_id = :id AND {original_episode()}
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class PastPodcast:
    """A podcast; ``stored_bytes`` is the size of its stored feed."""

    id: int
    feed_url: str
    title: str
    state: str
    added_at: datetime
    removed_at: datetime | None
    duplicate_of: int | None
    duplicate_of_title: str | None
    stored_bytes: int | None


@dataclass(frozen=True, slots=True)
class PastFeedUrl:
    """A feed URL that a podcast had, until when, and why it moved."""

    feed_url: str
    left_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class EpisodeOutcomes:
    """Episodes of a podcast by the outcome of their latest job; ``example`` is one of them."""

    state: str
    reason: str | None
    episodes: int
    example: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class SpokenInPodcast:
    """Speech of a podcast, and its episodes of an older matcher or parser."""

    episodes: int
    appearances: int
    known: int
    people: int
    outdated_matcher: int
    outdated_parser: int


@dataclass(frozen=True, slots=True)
class HistoryOfPodcast:
    """The history of a podcast; ``addresses`` are its earlier feed URLs, ``halted`` by queue."""

    podcast: PastPodcast
    crawl: PollStatus | None
    addresses: list[PastFeedUrl]
    outcomes: list[EpisodeOutcomes]
    spoken: SpokenInPodcast
    halted: dict[str, PausedQueue]


_PODCAST = (
    select(
        *row_columns(
            PastPodcast,
            Podcast,
            duplicate_of_title=_Original.title,
            stored_bytes=func.length(col(FeedBody.body)),
        )
    )
    .outerjoin(_Original, col(_Original.id) == Podcast.duplicate_of)
    .outerjoin(FeedBody, col(FeedBody.podcast_id) == Podcast.id)
)
_FEED_URLS = select(*row_columns(PastFeedUrl, FeedUrlHistory)).order_by(col(FeedUrlHistory.left_at))


def podcast_history(
    session: Session, podcast_id: int, *, parser: int, matcher: int
) -> HistoryOfPodcast | None:
    """The history of a podcast; ``parser`` and ``matcher`` are the versions that run now."""
    found = fetch_one(session, _PODCAST.where(col(Podcast.id) == podcast_id), PastPodcast)
    if found is None:
        return None
    feed_urls = _FEED_URLS.where(col(FeedUrlHistory.podcast_id) == podcast_id)
    params = {"id": podcast_id, "parser": parser, "matcher": matcher}
    return HistoryOfPodcast(
        podcast=found,
        crawl=poll_status(session, podcast_id),
        addresses=fetch_all(session, feed_urls, PastFeedUrl),
        outcomes=fetch_all(session, _OUTCOMES, EpisodeOutcomes, params),
        spoken=fetch_only(session, _SPOKEN, SpokenInPodcast, params),
        halted=paused_by_name(session),
    )
