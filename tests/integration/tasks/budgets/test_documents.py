"""Documents over their budget: they end alone, once, with a row, and hold no transaction open."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import redis

from models import get_settings
from models.database import in_transaction
from tasks.budgets import parent
from tasks.podcasts.store.add import add_by_url
from tasks.polling.poller import poll_claimed_feeds
from tests.factories import claim_by_hand, one, rows
from tests.hostile.documents import FEEDS, TRANSCRIPTS
from tests.integration.tasks.ingest.test_episode import VTT, parsed, request, run
from tests.integration.tasks.polling.test_poller import poll_once
from tests.integration.tasks.polling.test_polling import answer, followed
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from workers.celery_app import app

# Nodes take a hundred times the memory of their bytes.
COSTLY_FEED = FEEDS["stray ampersands"](2_000_000).encode()
LONG_FEED = FEEDS["stray ampersands"](800_000).encode()
_OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
COSTLY_TRANSCRIPT = TRANSCRIPTS["JSON segments"](4_000_000).encode()


@pytest.fixture(autouse=True)
def _little_memory(
    monkeypatch: pytest.MonkeyPatch, database: Any, broker: "redis.Redis", broker_url: str
) -> None:
    del database, broker
    app.conf.broker_url = broker_url
    monkeypatch.setenv("OVERHEARD_DOCUMENT_MEMORY_MB", "60")
    get_settings.cache_clear()


def test_feed_over_its_budget_leaves_its_neighbours_alone(publisher: FaultServer) -> None:
    urls = [publisher.serve(f"/{n}", answer(f"{n}")) for n in range(3)]
    bad = in_transaction(add_by_url, publisher.serve("/bad", Answer(body=COSTLY_FEED)))
    good = [followed(url) for url in urls]
    poll_once(batch=4)
    assert one("SELECT last_error_reason FROM crawl WHERE podcast_id = :id", id=bad.podcast_id) == (
        "over_budget"
    )
    active = rows("SELECT id FROM podcast WHERE state = 'active' ORDER BY id")
    assert [row["id"] for row in active] == sorted(good)


def test_known_feed_over_its_budget_waits_for_a_day(publisher: FaultServer) -> None:
    podcast_id = followed(publisher.serve("/a", answer("a")))
    poll_claimed_feeds(claim_by_hand(podcast_id))
    publisher.serve("/a", Answer(body=COSTLY_FEED))
    poll_claimed_feeds(claim_by_hand(podcast_id))
    (crawl,) = rows(
        "SELECT last_error_reason, next_poll_at - polled_at AS wait FROM crawl"
        " WHERE podcast_id = :id",
        id=podcast_id,
    )
    assert crawl["last_error_reason"] == "over_budget"
    assert crawl["wait"].total_seconds() > 17 * 3600  # a day, less what jitter may take


def test_transcript_over_its_budget_is_dead_at_once(publisher: FaultServer) -> None:
    episode, job = parsed([publisher.serve("/1.json", Answer(body=COSTLY_TRANSCRIPT))])
    assert (job["state"], job["reason"], job["attempts"]) == ("dead", "over_budget", 1)
    publisher.serve("/1.json", Answer(body=VTT))
    assert run(request(episode))["outcome"] == "ran"


def test_no_transaction_is_open_while_a_document_is_read(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_DOCUMENT_MEMORY_MB", "450")
    get_settings.cache_clear()
    in_transaction(add_by_url, publisher.serve("/bad", Answer(body=LONG_FEED)))
    polling = threading.Thread(target=poll_once, args=(1,))
    polling.start()
    open_transactions = []
    while polling.is_alive():
        before = _processor_ticks()
        seen = one(_OPEN_TRANSACTIONS)
        if 0 < before < _processor_ticks():  # it was reading all the time
            open_transactions.append(seen)
        time.sleep(0.01)
    polling.join()
    assert open_transactions
    assert set(open_transactions) == {0}


def _processor_ticks() -> int:
    """The processor time of the child that reads; 0 without one."""
    process = parent._CHILD._process
    try:
        status = Path(f"/proc/{process.pid}/stat").read_text() if process else ""
    except FileNotFoundError:
        return 0
    fields = status.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if fields else 0
