"""Feeds are stored: episodes by identity, none lost, parse jobs in the same transaction."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models import PodcastState
from models.database import in_transaction, transaction
from tasks.feeds.store import FeedChange, body_of, store_feed
from tasks.feeds.values import Enclosure, Feed, Item, TranscriptLink
from tests.factories import (
    NOW,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    rows,
    spoken,
    store,
    writes,
)

pytestmark = pytest.mark.usefixtures("database")


def item(number: int, **more: Any) -> Item:
    defaults: dict[str, Any] = {
        "guid": f"guid-{number}",
        "title": f"Episode {number}",
        "published_at": datetime(2026, 1, number, tzinfo=UTC),
        "enclosures": (Enclosure(f"https://audio.example/{number}.mp3", "audio/mpeg", 5),),
        "transcripts": (TranscriptLink(f"https://podcast.example/{number}.vtt", "text/vtt"),),
    }
    return Item(**(defaults | more))


def feed(*items: Item) -> Feed:
    return Feed("rss", title="A podcast", language="en", items=items)


def store_document(podcast: int, *items: Item, body: bytes = b"<rss/>") -> FeedChange:
    return in_transaction(store_feed, podcast, feed(*items), body, NOW)


@pytest.fixture
def podcast() -> int:
    return in_transaction(add_podcast, state=PodcastState.pending)


def episodes() -> Sequence[dict[str, Any]]:
    return rows("SELECT * FROM episode ORDER BY id")


def waiting_jobs() -> list[int]:
    return [row["subject"] for row in rows("SELECT subject FROM job ORDER BY subject")]


def test_first_document_stores_podcast_episodes_and_jobs(podcast: int) -> None:
    assert store_document(podcast, item(2), item(1), item(3, transcripts=())) == FeedChange(
        3, 0, any=True
    )
    (row,) = rows("SELECT title, language FROM podcast")
    assert row == {"title": "A podcast", "language": "en"}
    ids = {row["guid"]: row["id"] for row in episodes()}
    assert waiting_jobs() == sorted([ids["guid-1"], ids["guid-2"]])


def test_episode_ids_follow_time(podcast: int) -> None:
    store_document(podcast, item(3), item(2), item(1))
    assert [row["guid"] for row in episodes()] == ["guid-1", "guid-2", "guid-3"]


def test_same_document_again_writes_nothing(podcast: int) -> None:
    store_document(podcast, item(2), item(1))
    with transaction() as session, writes(session) as written:
        change = store_feed(session, podcast, feed(item(2), item(1)), b"<rss/>", NOW)
    assert change == FeedChange(0, 0, any=False)
    assert written == {}


def test_edited_item_with_same_guid_updates_episode(
    podcast: int,
) -> None:
    store_document(podcast, item(1))
    again = Enclosure("https://audio.example/1-fixed.mp3", "audio/mpeg", 6)
    change = store_document(podcast, item(1, title="Episode 1, corrected", enclosures=(again,)))
    assert change == FeedChange(0, 1, any=True)
    (row,) = episodes()
    assert (row["title"], row["audio_url"]) == ("Episode 1, corrected", again.url)


def test_description_is_stored_as_plain_text(podcast: int) -> None:
    store_document(podcast, item(1, description_markup="<p>Rock &amp; roll</p><p>again</p>"))
    assert episodes()[0]["description"] == "Rock & roll\nagain"
    change = store_document(podcast, item(1, description_markup="<p>Jazz &lt;3</p>"))
    assert change == FeedChange(0, 1, any=True)
    assert episodes()[0]["description"] == "Jazz <3"


def test_edited_title_causes_no_parse_job(podcast: int) -> None:
    store_document(podcast, item(1))
    execute("UPDATE job SET state = 'done'")
    store_document(podcast, item(1, title="Another title"))
    assert one("SELECT count(*) FROM job WHERE state = 'waiting'") == 0


def test_new_transcript_causes_parse_job(podcast: int) -> None:
    store_document(podcast, item(1, transcripts=()))
    assert waiting_jobs() == []
    store_document(podcast, item(1))
    assert waiting_jobs() == [episodes()[0]["id"]]


def test_episode_missing_from_feed_stays(podcast: int) -> None:
    store_document(podcast, item(2), item(1))
    assert store_document(podcast, item(2)) == FeedChange(0, 0, any=False)
    assert len(episodes()) == 2


def test_empty_feed_deletes_nothing(podcast: int) -> None:
    store_document(podcast, item(1))
    store_document(podcast)
    assert len(episodes()) == 1


def test_unlisted_transcript_is_deleted_unless_read(podcast: int) -> None:
    links = tuple(TranscriptLink(f"https://podcast.example/{name}") for name in ("a", "b"))
    store_document(podcast, item(1, transcripts=links))
    execute("UPDATE transcript SET is_selected = true, body_hash = 'x' WHERE url LIKE '%/a'")
    store_document(podcast, item(1, transcripts=()))
    assert rows("SELECT url, is_listed FROM transcript") == [
        {"url": "https://podcast.example/a", "is_listed": False}
    ]


def test_redated_episode_counts_on_its_new_day(podcast: int) -> None:
    store_document(podcast, item(1))
    in_transaction(store, episodes()[0]["id"], spoken("Ann Smith: Hello."))
    store_document(podcast, item(1, published_at=datetime(2025, 12, 24, 23, 30, tzinfo=UTC)))
    assert one("SELECT day FROM person_day") == date(2025, 12, 24)
    assert figures()["Ann Smith"][0] == 1
    assert differences() == 0


@pytest.mark.parametrize("published_at", [None, NOW + timedelta(days=400)])
def test_undated_or_future_episode_counts_when_first_seen(
    podcast: int, published_at: datetime | None
) -> None:
    store_document(podcast, item(1, published_at=published_at))
    (row,) = episodes()
    assert (row["stats_date"], row["published_at"]) == (NOW.date(), published_at)


def test_guid_used_twice_is_two_stored_episodes(podcast: int) -> None:
    store_document(podcast, item(1), item(2, guid="guid-1"))
    store_document(podcast, item(1), item(2, guid="guid-1"))
    assert len(episodes()) == 2


def test_latest_accepted_body_is_stored(podcast: int) -> None:
    store_document(podcast, item(1), body=b"<rss>one</rss>")
    store_document(podcast, item(2), item(1), body=b"<rss>two</rss>")
    assert in_transaction(body_of, podcast) == b"<rss>two</rss>"


def test_document_does_not_resume_paused_podcast(podcast: int) -> None:
    execute("UPDATE podcast SET state = 'paused'")
    store_document(podcast, item(1))
    assert one("SELECT state FROM podcast") == "paused"


def test_storing_feed_does_not_block_first_appearance(
    podcast: int,
) -> None:
    store_document(podcast, item(1))
    episode = episodes()[0]["id"]
    with transaction() as polling, transaction() as parsing:
        store_feed(polling, podcast, feed(item(2), item(1)), b"<rss/>", NOW)
        parsing.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
        store(parsing, episode, spoken("Ann Smith: Hello."))
    assert figures()["Ann Smith"][0] == 1


def test_transcript_url_of_any_length_is_stored(podcast: int) -> None:
    """Index rows of PostgreSQL end at 2,704 bytes; some publishers have longer URLs."""
    noise = secrets.token_urlsafe(2600)  # random, because PostgreSQL compresses
    link = TranscriptLink(f"https://podcast.example/{noise}.vtt")
    store_document(podcast, item(1, transcripts=(link,)))
    assert one("SELECT url FROM transcript") == link.url
