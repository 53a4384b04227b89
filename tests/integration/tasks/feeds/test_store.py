"""Storing a feed: episodes by identity, nothing lost, jobs in the same transaction."""

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
    about: dict[str, Any] = {
        "guid": f"guid-{number}",
        "title": f"Episode {number}",
        "published_at": datetime(2026, 1, number, tzinfo=UTC),
        "enclosures": (Enclosure(f"https://audio.example/{number}.mp3", "audio/mpeg", 5),),
        "transcripts": (TranscriptLink(f"https://podcast.example/{number}.vtt", "text/vtt"),),
    }
    return Item(**(about | more))


def feed(*items: Item) -> Feed:
    return Feed("rss", title="A podcast", language="en", items=items)


def stored(podcast: int, *items: Item, body: bytes = b"<rss/>") -> FeedChange:
    return in_transaction(store_feed, podcast, feed(*items), body, NOW)


@pytest.fixture
def podcast() -> int:
    return in_transaction(add_podcast, state=PodcastState.pending)


def episodes() -> Sequence[dict[str, Any]]:
    return rows("SELECT * FROM episode ORDER BY id")


def waiting() -> list[int]:
    return [row["subject"] for row in rows("SELECT subject FROM job ORDER BY subject")]


def test_a_first_look_makes_the_podcast_its_episodes_and_their_jobs(podcast: int) -> None:
    assert stored(podcast, item(2), item(1), item(3, transcripts=())) == FeedChange(3, 0, any=True)
    (row,) = rows("SELECT state, title, language FROM podcast")
    assert row == {"state": "active", "title": "A podcast", "language": "en"}
    ids = {row["guid"]: row["id"] for row in episodes()}
    assert waiting() == sorted([ids["guid-1"], ids["guid-2"]])


def test_ids_follow_time_although_feeds_list_the_newest_first(podcast: int) -> None:
    stored(podcast, item(3), item(2), item(1))
    assert [row["guid"] for row in episodes()] == ["guid-1", "guid-2", "guid-3"]


def test_topics_of_an_unchanged_feed_write_nothing(podcast: int) -> None:
    stored(podcast, item(2), item(1))
    with transaction() as session, writes(session) as written:
        change = store_feed(session, podcast, feed(item(2), item(1)), b"<rss/>", NOW)
    assert change == FeedChange(0, 0, any=False)
    assert written == {}


def test_a_new_enclosure_and_title_under_the_same_guid_is_the_same_episode_updated(
    podcast: int,
) -> None:
    stored(podcast, item(1))
    again = Enclosure("https://audio.example/1-fixed.mp3", "audio/mpeg", 6)
    change = stored(podcast, item(1, title="Episode 1, corrected", enclosures=(again,)))
    assert change == FeedChange(0, 1, any=True)
    (row,) = episodes()
    assert (row["title"], row["audio_url"]) == ("Episode 1, corrected", again.url)


def test_a_description_is_stored_as_plain_text(podcast: int) -> None:
    stored(podcast, item(1, description_markup="<p>Rock &amp; roll</p><p>again</p>"))
    assert episodes()[0]["description"] == "Rock & roll\nagain"
    change = stored(podcast, item(1, description_markup="<p>Jazz &lt;3</p>"))
    assert change == FeedChange(0, 1, any=True)
    assert episodes()[0]["description"] == "Jazz <3"


def test_an_edited_title_is_no_reason_to_read_the_transcript_again(podcast: int) -> None:
    stored(podcast, item(1))
    execute("UPDATE job SET state = 'done'")
    stored(podcast, item(1, title="Another title"))
    assert one("SELECT count(*) FROM job WHERE state = 'waiting'") == 0


def test_another_transcript_on_offer_is_a_job(podcast: int) -> None:
    stored(podcast, item(1, transcripts=()))
    assert waiting() == []
    stored(podcast, item(1))
    assert waiting() == [episodes()[0]["id"]]


def test_an_episode_that_the_feed_lists_no_more_stays(podcast: int) -> None:
    stored(podcast, item(2), item(1))
    assert stored(podcast, item(2)) == FeedChange(0, 0, any=False)
    assert len(episodes()) == 2


def test_an_empty_feed_takes_nothing_away(podcast: int) -> None:
    stored(podcast, item(1))
    stored(podcast)
    assert len(episodes()) == 1


def test_a_transcript_that_is_offered_no_more_goes_unless_it_was_read(podcast: int) -> None:
    links = tuple(TranscriptLink(f"https://podcast.example/{name}") for name in ("a", "b"))
    stored(podcast, item(1, transcripts=links))
    execute("UPDATE transcript SET is_selected = true, body_hash = 'x' WHERE url LIKE '%/a'")
    stored(podcast, item(1, transcripts=()))
    assert rows("SELECT url, offered FROM transcript") == [
        {"url": "https://podcast.example/a", "offered": False}
    ]


def test_a_redated_episode_counts_on_its_new_day(podcast: int) -> None:
    stored(podcast, item(1))
    in_transaction(store, episodes()[0]["id"], spoken("Ann Smith: Hello."))
    stored(podcast, item(1, published_at=datetime(2025, 12, 24, 23, 30, tzinfo=UTC)))
    assert one("SELECT day FROM person_day") == date(2025, 12, 24)
    assert figures()["Ann Smith"][0] == 1
    assert differences() == 0


@pytest.mark.parametrize("published_at", [None, NOW + timedelta(days=400)])
def test_an_episode_without_a_date_or_of_the_future_counts_on_the_day_it_was_first_seen(
    podcast: int, published_at: datetime | None
) -> None:
    stored(podcast, item(1, published_at=published_at))
    (row,) = episodes()
    assert (row["stats_date"], row["published_at"]) == (NOW.date(), published_at)


def test_a_guid_that_is_used_twice_is_two_episodes(podcast: int) -> None:
    stored(podcast, item(1), item(2, guid="guid-1"))
    stored(podcast, item(1), item(2, guid="guid-1"))
    assert len(episodes()) == 2


def test_the_latest_accepted_body_is_kept(podcast: int) -> None:
    stored(podcast, item(1), body=b"<rss>one</rss>")
    stored(podcast, item(2), item(1), body=b"<rss>two</rss>")
    assert in_transaction(body_of, podcast) == b"<rss>two</rss>"


def test_a_paused_podcast_is_not_woken_by_an_answer_that_was_on_its_way(podcast: int) -> None:
    execute("UPDATE podcast SET state = 'paused'")
    stored(podcast, item(1))
    assert one("SELECT state FROM podcast") == "paused"


def test_storing_a_feed_and_counting_somebody_for_the_first_time_do_not_wait_for_each_other(
    podcast: int,
) -> None:
    stored(podcast, item(1))
    episode = episodes()[0]["id"]
    with transaction() as polling, transaction() as parsing:
        store_feed(polling, podcast, feed(item(2), item(1)), b"<rss/>", NOW)
        parsing.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
        store(parsing, episode, spoken("Ann Smith: Hello."))
    assert figures()["Ann Smith"][0] == 1


def test_an_address_of_any_length_is_stored(podcast: int) -> None:
    """PostgreSQL's index rows end at 2,704 bytes, the addresses of some publishers do not."""
    noise = secrets.token_urlsafe(2600)  # random, or it would be compressed
    link = TranscriptLink(f"https://podcast.example/{noise}.vtt")
    stored(podcast, item(1, transcripts=(link,)))
    assert one("SELECT url FROM transcript") == link.url
