"""Reads feed documents and lists of feeds within the budget of one document."""

from tasks.budgets.parent import within_budget
from tasks.budgets.values import OverBudget
from tasks.feeds.opml import OpmlEntry, parse_opml
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Feed, FeedRefused


def read_feed(body: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Return what :func:`parse_feed` does, in a child process with limits.

    Raises:
        FeedRefused: ``over_budget``, or what ``parse_feed`` raises.
        BudgetInterrupted: the feed was not read, for a reason that is not its own.
    """
    try:
        return within_budget(parse_feed, body, url=url, content_type=content_type)
    except OverBudget as over:
        raise FeedRefused("over_budget", f"The feed is too costly: {over}.") from over


def read_opml(body: bytes) -> list[OpmlEntry]:
    """Return what :func:`parse_opml` does, in a child process with limits.

    Raises:
        FeedRefused: ``over_budget``.
        BudgetInterrupted: the list was not read, for a reason that is not its own.
    """
    try:
        return within_budget(parse_opml, body)
    except OverBudget as over:
        raise FeedRefused("over_budget", f"The list is too costly: {over}.") from over
