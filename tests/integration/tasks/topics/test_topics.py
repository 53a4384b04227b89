"""Topics are kept with the feed: exactly what it says, by the same transaction, and not twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from models.database import in_transaction, transaction
from models.queries.lists import browse_topics
from tasks.feeds.store import store_feed
from tasks.feeds.values import Feed, Item
from tests.factories import NOW, add_podcast, one, rows, writes

pytestmark = pytest.mark.usefixtures("database")


def feed(*items: Item, categories: tuple[str, ...] = (), keywords: tuple[str, ...] = ()) -> Feed:
    return Feed("rss", title="A", categories=categories, keywords=keywords, items=items)


def item(number: int, *categories: str, keywords: tuple[str, ...] = ()) -> Item:
    return Item(guid=f"g{number}", title=str(number), categories=categories, keywords=keywords)


def stored(podcast: int, said: Feed) -> None:
    in_transaction(store_feed, podcast, said, b"<rss/>", NOW)


def kept() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows("""
        SELECT e.title, t.slug FROM episode_topic x JOIN episode e ON e.id = x.episode_id
        JOIN topic t ON t.id = x.topic_id
    """):
        found.setdefault(row["title"], set()).add(row["slug"])
    return found


@pytest.fixture
def podcast() -> int:
    return in_transaction(add_podcast)


def test_an_episode_has_its_own_topics_and_those_of_its_podcast(podcast: int) -> None:
    said = feed(item(1, "#Open_Source"), item(2, keywords=("History",)), categories=("History",))
    stored(podcast, said)
    assert kept() == {"1": {"open-source", "history"}, "2": {"history"}}
    assert one("SELECT name FROM topic WHERE slug = 'open-source'") == "Open Source"


def test_the_same_feed_again_writes_nothing(podcast: int) -> None:
    said = feed(item(1, "Tea", "tea"), categories=("Arts", "Food"))
    stored(podcast, said)
    with transaction() as session, writes(session) as written:
        store_feed(session, podcast, said, b"<rss/>", NOW)
    assert written == {}


def test_an_edit_writes_exactly_the_difference(podcast: int) -> None:
    stored(podcast, feed(item(1, "Tea"), item(2, "Tea"), categories=("Arts",)))
    with transaction() as session, writes(session) as written:
        said = feed(item(1, "Tea"), item(2, "Coffee"), categories=("Arts",))
        store_feed(session, podcast, said, b"<rss/>", NOW)
    assert written["episode_topic"] == (1, 0, 1)
    assert written["topic"] == (1, 0, 0)
    assert kept() == {"1": {"tea", "arts"}, "2": {"coffee", "arts"}}


def test_another_category_of_the_podcast_is_another_of_every_episode(podcast: int) -> None:
    stored(podcast, feed(item(1), item(2), categories=("Arts",)))
    stored(podcast, feed(item(1), item(2), categories=("Science",)))
    assert kept() == {"1": {"science"}, "2": {"science"}}


def test_an_episode_that_left_the_feed_keeps_its_topics(podcast: int) -> None:
    stored(podcast, feed(item(1, "Tea"), item(2)))
    stored(podcast, feed(item(2)))
    assert kept() == {"1": {"tea"}}


def test_two_podcasts_that_meet_the_same_new_topics_at_once_share_them() -> None:
    def at_once(podcast: int) -> None:
        stored(podcast, feed(*(item(n, f"Topic {n}", "Shared") for n in range(30))))

    podcasts = [in_transaction(add_podcast) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(at_once, podcasts))
    assert one("SELECT count(*) FROM topic") == 31
    assert one("SELECT count(*) FROM episode_topic") == 4 * 60


def test_a_topic_without_episodes_stays_and_counts_nothing(podcast: int) -> None:
    def topics(session: Session) -> list[str]:
        return [row.slug for row in browse_topics(session)]

    stored(podcast, feed(item(1, "Tea")))
    stored(podcast, feed(item(1, "Coffee")))
    assert in_transaction(topics) == ["coffee"]
