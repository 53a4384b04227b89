"""What counts, and which podcasts and feeds are meant: every figure takes it from here.

Each rule exists once as a set of states. The functions that return text are for plain SQL with
aliases; those named ``is_…`` are the same conditions for ``select()``.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, literal_column
from sqlmodel import col

from models.tables.episode import Episode
from models.tables.podcast import Crawl, Podcast

# A duplicate has only episodes that its survivor does not list: those count.
HIDDEN_STATES = ("removed",)
LISTED_STATES = ("active", "paused", "gone")
POLLED_STATES = ("pending", "active", "gone")


def _literals(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _constants(states: Sequence[str]) -> list[ColumnElement[str]]:
    """Constants, and no parameters: the planner then knows how many rows they select."""
    return [literal_column(f"'{state}'") for state in states]


def visible_podcast(podcast: str = "p") -> str:
    """SQL condition: the podcast of this alias counts and may be shown."""
    return f"{podcast}.state NOT IN ({_literals(HIDDEN_STATES)})"


def listed_podcast(podcast: str = "p") -> str:
    """SQL condition: the podcast is followed, so that lists and totals name it."""
    return f"{podcast}.state IN ({_literals(LISTED_STATES)})"


def polled_podcast(podcast: str = "p") -> str:
    """SQL condition: the feed of this podcast is polled."""
    return f"{podcast}.state IN ({_literals(POLLED_STATES)})"


def failing_feed(podcast: str = "p", crawl: str = "c") -> str:
    """SQL condition: the feed is polled, and its last poll failed."""
    return f"{polled_podcast(podcast)} AND {crawl}.error_count > 0"


def reason_of_failure(crawl: str = "c") -> str:
    """SQL expression: the reason code of a failing feed; every failing feed has one."""
    return f"coalesce(nullif({crawl}.last_error_reason, ''), 'unknown')"


def original_episode(episode: str = "e") -> str:
    """SQL condition: the episode is no duplicate of another.

    Within a podcast that is known to be visible, this alone decides what counts.
    """
    return f"{episode}.duplicate_of IS NULL"


# What counts, of an episode ``e`` and its podcast ``p``.
VISIBLE = f"{original_episode()} AND {visible_podcast()}"


def is_original() -> ColumnElement[bool]:
    """The episode is no duplicate of another, as ``original_episode``."""
    return col(Episode.duplicate_of).is_(None)


def is_visible() -> ColumnElement[bool]:
    """What counts, of an episode joined with its podcast, as ``VISIBLE``."""
    return and_(is_original(), is_visible_podcast())


def is_visible_podcast() -> ColumnElement[bool]:
    """The podcast counts and may be shown, as ``visible_podcast``."""
    return col(Podcast.state).not_in(_constants(HIDDEN_STATES))


def is_listed() -> ColumnElement[bool]:
    """The podcast is followed, as ``listed_podcast``."""
    return col(Podcast.state).in_(_constants(LISTED_STATES))


def is_failing_feed() -> ColumnElement[bool]:
    """The feed is polled, and its last poll failed, as ``failing_feed``."""
    return and_(col(Podcast.state).in_(_constants(POLLED_STATES)), col(Crawl.error_count) > 0)
