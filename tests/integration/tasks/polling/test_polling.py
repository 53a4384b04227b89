"""Polls over real HTTP: what follows from each response, and that a next poll is scheduled."""

from datetime import timedelta
from typing import Any

import pytest

from models.database import in_transaction
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.pause import pause
from tasks.podcasts.store.remove import remove
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.values import Poll
from tests.factories import NOW, claim_by_hand, execute, one, rows
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer, Seen


def rss(*guids: str, title: str = "A podcast") -> bytes:
    items = "".join(
        f"<item><guid>{guid}</guid><title>Episode {guid}</title>"
        f'<enclosure url="https://audio.example/{guid}.mp3" type="audio/mpeg" length="1"/></item>'
        for guid in guids
    )
    head = f'<rss version="2.0"><channel><title>{title}</title>'
    return f'<?xml version="1.0"?>{head}{items}</channel></rss>'.encode()


def answer(*guids: str, **more: Any) -> Answer:
    return Answer(body=rss(*guids), headers={"Content-Type": "application/rss+xml"}, **more)


def followed(url: str) -> int:
    podcast_id = in_transaction(add_by_url, url).podcast_id
    assert podcast_id is not None
    return podcast_id


def poll(*podcasts: int) -> Poll:
    (result,) = poll_claimed_feeds(claim_by_hand(*podcasts))
    return result


def crawl() -> dict[str, Any]:
    (row,) = rows("SELECT *, extract(epoch FROM next_poll_at - polled_at) AS wait FROM crawl")
    return row


def state() -> str:
    return str(one("SELECT state FROM podcast"))


def test_first_poll_activates_podcast_and_stores_episodes(
    publisher: FaultServer,
) -> None:
    result = poll(followed(publisher.serve("/feed", answer("1", "2", etag='"a"'))))
    assert (result.outcome, result.new, result.status) == ("changed", 2, 200)
    row = crawl()
    assert (row["etag"], row["error_count"], row["claim_token"]) == ('"a"', 0, None)
    assert row["last_ok_at"] is not None
    assert 600 <= row["wait"] <= 1.1 * 12 * 3600  # between the minimum and the maximum interval
    assert state() == "active"


def test_unchanged_feed_is_not_sent_again(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", answer("1", etag='"a"')))
    poll(podcast)
    result = poll(podcast)
    assert (result.outcome, result.status) == ("unchanged", 304)
    assert publisher.seen("/feed")[1].headers["if-none-match"] == '"a"'
    assert (crawl()["etag"], crawl()["last_status"]) == ('"a"', 304)


def test_same_body_without_validators_is_unchanged(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", answer("1")))
    poll(podcast)
    before = rows("SELECT xmin::text FROM episode UNION ALL SELECT xmin::text FROM podcast")
    result = poll(podcast)
    assert (result.outcome, result.status) == ("unchanged", 200)
    after = rows("SELECT xmin::text FROM episode UNION ALL SELECT xmin::text FROM podcast")
    assert after == before


def test_unconditional_poll_ignores_validators_and_hash(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", answer("1", etag='"a"')))
    poll(podcast)
    execute("DELETE FROM episode")
    execute("UPDATE crawl SET skip_validators = true")
    assert poll(podcast).new == 1
    assert "if-none-match" not in publisher.seen("/feed")[1].headers
    assert crawl()["skip_validators"] is False


def test_changed_feed_adds_episode_and_keeps_old_ones(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", answer("1"), answer("2")))
    poll(podcast)
    result = poll(podcast)
    assert (result.outcome, result.new, result.changed) == ("changed", 1, 0)
    assert one("SELECT count(*) FROM episode") == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!doctype html><html><body>Welcome</body></html>", "html"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "json"),
        (b"", "empty"),
        (rss("1")[:-30], "truncated"),
        (b"<?xml version='1.0'?><opml/>", "not_a_feed"),
    ],
)
def test_non_feed_is_refused_and_nothing_is_stored(
    publisher: FaultServer, body: bytes, reason: str
) -> None:
    result = poll(followed(publisher.serve("/feed", Answer(body=body))))
    assert (result.outcome, result.reason) == ("refused", reason)
    assert state() == "refused"
    assert crawl()["next_poll_at"] is None
    assert one("SELECT count(*) FROM episode") == 0
    assert one("SELECT title FROM podcast") == ""
    assert crawl()["last_error"]


def test_refused_podcast_that_becomes_a_feed_is_scheduled(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", Answer(404), Answer(500), answer("1")))
    assert poll(podcast).outcome == "refused"
    assert poll(podcast).outcome == "failed"
    assert (state(), crawl()["next_poll_at"]) == ("refused", None)
    assert poll(podcast).outcome == "changed"
    row = crawl()
    assert state() == "active"
    assert 600 <= row["wait"] <= 1.1 * 12 * 3600


@pytest.mark.parametrize(("stop", "stopped"), [(pause, "paused"), (remove, "removed")])
def test_stopped_podcast_polled_by_hand_is_not_scheduled(
    publisher: FaultServer, stop: Any, stopped: str
) -> None:
    podcast = followed(publisher.serve("/feed", answer("1"), answer("1", "2")))
    poll(podcast)
    in_transaction(stop, podcast)
    assert poll(podcast).outcome == "changed"
    row = crawl()
    assert (state(), row["next_poll_at"], row["next_poll_reason"]) == (stopped, None, stopped)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_missing_url_of_pending_podcast_is_refused(publisher: FaultServer, status: int) -> None:
    result = poll(followed(publisher.serve("/feed", Answer(status))))
    assert (result.outcome, result.reason) == ("refused", f"http_{status}")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Answer(500), "http_500"),
        (Answer(429), "http_429"),
        (Answer(404), "http_404"),
        (Answer(reset=True), "dropped"),
        (Answer(body=b"<html></html>"), "html"),
        (Answer(body=rss("2")[:-30]), "truncated"),
        (Answer(body=rss("2"), content_length=9999), "truncated"),
    ],
)
def test_failing_feed_is_retried_and_keeps_its_episodes(
    publisher: FaultServer, bad: Answer, reason: str
) -> None:
    podcast = followed(publisher.serve("/feed", answer("1", etag='"a"'), bad))
    poll(podcast)
    execute("UPDATE crawl SET etag = NULL")  # otherwise the response would be a 304
    result = poll(podcast)
    assert (result.outcome, result.reason) == ("failed", reason)
    row = crawl()
    assert (row["error_count"], row["last_error_reason"]) == (1, reason)
    assert row["failing_since"] == row["polled_at"]
    assert row["next_poll_reason"] == "backoff"
    first = 600 if reason in {"http_500", "http_429", "dropped"} else 3600  # transient or lasting
    assert 0.7 * first < row["wait"] < 1.3 * first
    assert (state(), one("SELECT count(*) FROM episode")) == ("active", 1)


def test_backoff_grows_and_success_resets_it(
    publisher: FaultServer,
) -> None:
    fail = Answer(500)
    podcast = followed(publisher.serve("/feed", answer("1"), fail, fail, fail, answer("1", "2")))
    waits = []
    for _ in range(4):
        poll(podcast)
        waits.append(float(crawl()["wait"]) / 3600)
    assert 0.7 < waits[1] * 6 < 1.3
    assert 2.9 < waits[3] * 6 < 5.1
    assert crawl()["error_count"] == 3
    poll(podcast)
    row = crawl()
    assert (row["error_count"], row["failing_since"], row["last_error"]) == (0, None, None)


def test_gone_feed_can_come_back(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", answer("1"), Answer(410), answer("1", "2")))
    poll(podcast)
    assert poll(podcast).reason == "http_410"
    assert state() == "gone"
    assert crawl()["next_poll_reason"] == "gone"
    assert crawl()["wait"] > timedelta(days=20).total_seconds()
    assert poll(podcast).new == 1
    assert state() == "active"


def test_gone_feed_back_unchanged_is_active(publisher: FaultServer) -> None:
    podcast = followed(publisher.serve("/feed", answer("1"), Answer(410), answer("1")))
    for _ in range(3):
        poll(podcast)
    assert state() == "active"


def test_address_that_is_not_allowed_is_never_dialled(publisher: FaultServer) -> None:
    with FaultServer() as other:
        result = poll(followed(other.serve("/feed", answer("1"))))
        assert other.connections == 0
    assert (result.outcome, result.reason) == ("refused", "address_refused")
    assert publisher.connections == 0


def test_redirect_to_forbidden_address_is_not_followed(
    publisher: FaultServer,
) -> None:
    with FaultServer() as other:
        target = other.serve("/feed", answer("1"))
        result = poll(followed(publisher.serve("/", Answer(302, headers={"Location": target}))))
        assert other.connections == 0
    assert result.reason == "address_refused"


def test_lost_claim_records_nothing(publisher: FaultServer) -> None:
    def take_claim(_: Seen) -> Answer:
        execute("UPDATE crawl SET claim_token = gen_random_uuid()")
        return answer("1")

    result = poll(followed(publisher.serve_by("/feed", take_claim)))
    assert (result.outcome, result.reason) == ("failed", "claim_lost")
    assert one("SELECT count(*) FROM episode") == 0
    assert state() == "pending"
    assert crawl()["polled_at"] is None


def test_doubled_message_polls_nothing(publisher: FaultServer) -> None:
    token = claim_by_hand(followed(publisher.serve("/feed", answer("1"))))
    assert len(poll_claimed_feeds(token)) == 1
    assert poll_claimed_feeds(token) == []
    assert len(publisher.requests) == 1


def test_bad_feed_does_not_harm_others_of_batch(publisher: FaultServer) -> None:
    good = [followed(publisher.serve(f"/{n}", answer("1"))) for n in range(3)]
    bad = followed(publisher.serve("/bad", Answer(body=b"\x00" * 100)))
    results = poll_claimed_feeds(claim_by_hand(*good, bad))
    assert [result.outcome for result in results] == ["changed", "changed", "changed", "refused"]


@pytest.mark.parametrize(("stop", "after"), [(pause, "paused"), (remove, "removed")])
@pytest.mark.parametrize("second", [answer("1", "2"), answer("1"), Answer(410), Answer(500)])
def test_podcast_stopped_during_poll_stays_stopped(
    publisher: FaultServer, stop: Any, after: str, second: Answer
) -> None:
    url = publisher.serve("/feed", answer("1"))
    podcast = followed(url)
    poll(podcast)

    def stop_during_poll(_: Seen) -> Answer:
        in_transaction(stop, podcast)
        return second

    publisher.serve_by("/feed", stop_during_poll)
    poll(podcast)
    row = crawl()
    assert (state(), row["next_poll_at"], row["next_poll_reason"]) == (after, None, after)
    assert row["claim_token"] is None


def test_requests_to_one_host_stay_within_limit(publisher: FaultServer) -> None:
    slow = answer("1", delay_seconds=0.05)
    podcasts = [followed(publisher.serve(f"/{n}", slow)) for n in range(12)]
    poll_claimed_feeds(claim_by_hand(*podcasts))
    assert len(publisher.requests) == 12
    assert publisher.max_parallel[""] <= 4


def test_feed_with_absurd_values_is_stored(publisher: FaultServer) -> None:
    body = (
        rss("1")
        .replace(
            b"</item>",
            b"<pubDate>Fri, 31 Dec 9999 23:59:59 -2359</pubDate>"
            b"<itunes:duration>99999999999999999999</itunes:duration>"
            b"<itunes:season>99999999999</itunes:season></item>",
        )
        .replace(b'length="1"', b'length="99999999999999999999999"')
        .replace(b"<rss ", b'<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" ')
    )
    result = poll(followed(publisher.serve("/feed", Answer(body=body))))
    assert (result.outcome, result.new) == ("changed", 1)
    assert one("SELECT stats_date < :now FROM episode", now=NOW + timedelta(days=36500))
