"""Topics follow the feed: exactly its topics, in the same transaction, each once."""

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


def store(podcast: int, document: Feed) -> None:
    in_transaction(store_feed, podcast, document, b"<rss/>", NOW)


def topics_by_episode() -> dict[str, set[str]]:
    topics: dict[str, set[str]] = {}
    for row in rows("""
        SELECT e.title, t.slug FROM episode_topic x JOIN episode e ON e.id = x.episode_id
        JOIN topic t ON t.id = x.topic_id
    """):
        topics.setdefault(row["title"], set()).add(row["slug"])
    return topics


@pytest.fixture
def podcast() -> int:
    return in_transaction(add_podcast)


def test_topics_of_an_episode_include_those_of_its_podcast(podcast: int) -> None:
    document = feed(
        item(1, "#Open_Source"), item(2, keywords=("History",)), categories=("History",)
    )
    store(podcast, document)
    assert topics_by_episode() == {"1": {"open-source", "history"}, "2": {"history"}}
    assert one("SELECT name FROM topic WHERE slug = 'open-source'") == "Open Source"


def test_topics_of_an_unchanged_feed_write_nothing(podcast: int) -> None:
    document = feed(item(1, "Tea", "tea"), categories=("Arts", "Food"))
    store(podcast, document)
    with transaction() as session, writes(session) as written:
        store_feed(session, podcast, document, b"<rss/>", NOW)
    assert written == {}


def test_topics_of_an_edited_feed_write_the_difference(podcast: int) -> None:
    store(podcast, feed(item(1, "Tea"), item(2, "Tea"), categories=("Arts",)))
    with transaction() as session, writes(session) as written:
        document = feed(item(1, "Tea"), item(2, "Coffee"), categories=("Arts",))
        store_feed(session, podcast, document, b"<rss/>", NOW)
    assert written["episode_topic"] == (1, 0, 1)
    assert written["topic"] == (1, 0, 0)
    assert topics_by_episode() == {"1": {"tea", "arts"}, "2": {"coffee", "arts"}}


def test_topics_of_a_podcast_change_for_every_episode(podcast: int) -> None:
    store(podcast, feed(item(1), item(2), categories=("Arts",)))
    store(podcast, feed(item(1), item(2), categories=("Science",)))
    assert topics_by_episode() == {"1": {"science"}, "2": {"science"}}


def test_topics_of_an_episode_not_listed_anymore_stay(podcast: int) -> None:
    store(podcast, feed(item(1, "Tea"), item(2)))
    store(podcast, feed(item(2)))
    assert topics_by_episode() == {"1": {"tea"}}


def test_topics_added_concurrently_are_shared() -> None:
    def store_many(podcast: int) -> None:
        store(podcast, feed(*(item(n, f"Topic {n}", "Shared") for n in range(30))))

    podcasts = [in_transaction(add_podcast) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store_many, podcasts))
    assert one("SELECT count(*) FROM topic") == 31
    assert one("SELECT count(*) FROM episode_topic") == 4 * 60


def test_topic_without_episodes_is_not_browsed(podcast: int) -> None:
    def topics(session: Session) -> list[str]:
        return [row.slug for row in browse_topics(session)]

    store(podcast, feed(item(1, "Tea")))
    store(podcast, feed(item(1, "Coffee")))
    assert in_transaction(topics) == ["coffee"]
