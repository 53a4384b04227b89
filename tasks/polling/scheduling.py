"""Chooses the next poll of each polled feed, by the settings: its own, or an archive page."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from models import PodcastState, get_settings
from tasks.polling.response import ClassifiedResponse
from tasks.polling.schedule.next_poll import schedule_next_poll
from tasks.polling.schedule.publish_pattern import PublishPattern
from tasks.polling.values import (
    ARCHIVE,
    FailureState,
    NextPoll,
    PollIntervals,
    PollResult,
    PushState,
)

FeedDue = tuple[int, datetime, str]  # a podcast id, when its feed is due, and why


def schedule(
    response: ClassifiedResponse, now: datetime, pattern: PublishPattern | None = None
) -> PollResult:
    """Return a poll with the next one, by the ``pattern`` given or else the stored one.

    A refused podcast that is polled once more and fails stays refused, without a next poll.
    """
    feed = response.feed
    if feed.state is PodcastState.refused and not response.poll.succeeded:
        return PollResult(feed, response.poll, NextPoll(None, "refused"))
    next_poll = schedule_next_poll(
        response.poll,
        pattern or PublishPattern.from_json(feed.publish_pattern),
        now,
        headers=response.headers,
        failures=FailureState(feed.error_count + 1, feed.failing_since),
        intervals=_intervals(),
        jitter=random.random(),  # noqa: S311  spreads the load
        push=PushState(feed.has_active_push(now), feed.next_poll_reason == "notified"),
    )
    return PollResult(feed, response.poll, next_poll)


def prefer_archive_pages(
    results: Sequence[PollResult], now: datetime, delay_seconds: float
) -> tuple[list[PollResult], list[FeedDue]]:
    """Make the next poll one of an archive page, where there is time before the feed is due.

    Only after a successful poll: a failing feed is polled again before its archive. Returns the
    results, and when those feeds themselves are due.
    """
    page_at = now + timedelta(seconds=delay_seconds)
    feeds_due: list[FeedDue] = []
    chosen: list[PollResult] = []
    for result in results:
        feed, due = result.feed, result.next_poll
        if feed.archive_in_progress and result.poll.succeeded and due.at and due.at > page_at:
            feeds_due.append((feed.podcast_id, due.at, due.reason))
            archive_poll = replace(due, at=page_at, reason=ARCHIVE)
            chosen.append(replace(result, next_poll=archive_poll))
        else:
            chosen.append(result)
    return chosen, feeds_due


def _intervals() -> PollIntervals:
    settings = get_settings()
    return PollIntervals(
        minimum=timedelta(seconds=settings.poll_min_interval_seconds),
        maximum=timedelta(seconds=settings.poll_max_interval_seconds),
        target_delay=timedelta(seconds=settings.poll_target_delay_seconds),
        with_push=timedelta(seconds=settings.poll_interval_with_push_seconds),
    )
