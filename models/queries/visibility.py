"""What counts, and which podcasts and feeds are meant: every figure takes it from here."""

POLLED_STATES = ("pending", "active", "gone")


def visible_podcast(podcast: str = "p") -> str:
    """SQL condition: the podcast of this alias counts and may be shown."""
    return f"{podcast}.state NOT IN ('removed', 'duplicate')"


def listed_podcast(podcast: str = "p") -> str:
    """SQL condition: the podcast is followed, so that lists and totals name it."""
    return f"{podcast}.state IN ('active', 'paused', 'gone')"


def polled_podcast(podcast: str = "p") -> str:
    """SQL condition: the feed of this podcast is polled."""
    states = ", ".join(f"'{state}'" for state in POLLED_STATES)
    return f"{podcast}.state IN ({states})"


def failing_feed(podcast: str = "p", crawl: str = "c") -> str:
    """SQL condition: the feed is polled, and its last poll failed."""
    return f"{polled_podcast(podcast)} AND {crawl}.error_count > 0"


def original_episode(episode: str = "e") -> str:
    """SQL condition: the episode is no duplicate of another.

    Within a podcast that is known to be visible, this alone decides what counts.
    """
    return f"{episode}.duplicate_of IS NULL"


# What counts, of an episode ``e`` and its podcast ``p``.
VISIBLE = f"{original_episode()} AND {visible_podcast()}"
