"""Many feeds in the hands of one poller: all are looked at, and no host is asked too much."""

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.crawls.store import claim_due_feeds
from tasks.follow import follow
from tasks.poll_feeds import poll_feeds
from tests.factories import database_now, one, rows
from tests.integration.test_polling import answer
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("broker")


def polled(batch: int) -> None:
    """One claim of so many feeds, and one message for it."""
    token = in_transaction(claim_due_feeds, database_now(), batch)
    poll_feeds(str(token))


def unpolled() -> int:
    return int(one("SELECT count(*) FROM crawl WHERE polled_at IS NULL OR claim IS NOT NULL"))


def test_a_poller_goes_on_while_feeds_are_due(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_POLL_BATCH", "3")
    get_settings.cache_clear()
    for n in range(10):
        in_transaction(follow, publisher.serve(f"/{n}", answer(f"{n}")))
    polled(batch=3)
    assert unpolled() == 0
    assert len(publisher.requests) == 10
    assert publisher.max_parallel[""] <= get_settings().poll_per_host


def test_a_slow_host_sees_no_more_than_its_limit_and_keeps_nobody_waiting(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer("127.0.0.2") as slow:
        networks = f"127.0.0.1/32:{publisher.port},127.0.0.2/32:{slow.port}"
        monkeypatch.setenv("OVERHEARD_ALLOWED_NETWORKS", networks)
        monkeypatch.setenv("OVERHEARD_POLL_BATCH", "8")
        get_settings.cache_clear()
        for n in range(12):
            in_transaction(follow, slow.serve(f"/{n}", answer(f"{n}", delay_seconds=0.1)))
        for n in range(24):
            in_transaction(follow, publisher.serve(f"/{n}", answer(f"{n}")))
        polled(batch=8)
        assert unpolled() == 0
        assert len(slow.requests) == 12
        assert slow.max_parallel[""] == 4
        assert publisher.max_parallel[""] <= 4


def test_new_feeds_are_stored_together_and_a_bad_one_harms_none(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        in_transaction(follow, publisher.serve(f"/{n}", answer(f"{n}")))
    unstorable = answer("bad").body.replace(b"A podcast", b"A nul &#0; and \xed\xa0\x80")
    monkeypatch.setattr("tasks.feeds.rows._LONGEST_TITLE", None, raising=False)
    in_transaction(follow, publisher.serve("/bad", Answer(body=unstorable)))
    polled(batch=7)
    assert unpolled() == 0
    states = {row["state"]: row["n"] for row in rows("SELECT state, count(*) AS n FROM podcast GROUP BY 1")}
    assert states["active"] >= 6
