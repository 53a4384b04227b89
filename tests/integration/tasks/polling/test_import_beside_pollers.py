"""A list of feeds is imported while pollers take what is due: each feed is polled, none twice."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.database import database_time, in_transaction
from models.queries.stuck import stuck
from tasks.http.event_loop import FetchLoop
from tasks.http.settings import fetch_loop
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_due_feeds
from tests.conftest import empty_database
from tests.factories import one, rows
from tests.integration.tasks.polling.test_polling import answer
from tests.servers.fault_server import FaultServer
from tests.servers.worker import wait_until
from workers.cli.add_podcasts import add_and_poll

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("broker")]

FEEDS, POLLERS = 80, 4
ROUNDS = int(os.environ.get("IMPORT_ROUNDS", "3"))


@pytest.fixture(autouse=True)
def _loop_for_each_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process has one event loop for its fetches; here each thread is one."""
    loops: dict[int, FetchLoop] = {}

    def own_loop() -> FetchLoop:
        return loops.setdefault(threading.get_ident(), fetch_loop.__wrapped__())

    monkeypatch.setattr("tasks.polling.poller.fetch_loop", own_loop)
    yield
    for loop in loops.values():
        loop.close()


def poll_what_is_due(ended: threading.Event) -> None:
    while not ended.is_set():
        token = in_transaction(lambda session: claim_due_feeds(session, database_time(session), 20))
        if token:
            poll_claimed_feeds(token)


def import_beside_pollers(urls: list[str]) -> None:
    ended = threading.Event()
    with ThreadPoolExecutor(POLLERS) as pool:
        pollers = [pool.submit(poll_what_is_due, ended) for _ in range(POLLERS)]
        try:
            add_and_poll(urls)
            wait_until(lambda: not one("SELECT count(*) FROM crawl WHERE polled_at IS NULL"))
        finally:
            ended.set()
    for poller in pollers:
        poller.result()


def test_feeds_imported_beside_pollers_are_each_polled_once(publisher: FaultServer) -> None:
    urls = [publisher.serve(f"/{number}", answer("1", "2")) for number in range(FEEDS)]
    for number in range(1, ROUNDS + 1):
        empty_database()
        import_beside_pollers(urls)
        assert rows("SELECT state, count(*) AS podcasts FROM podcast GROUP BY 1") == [
            {"state": "active", "podcasts": FEEDS}
        ]
        assert one("SELECT count(*) FROM crawl WHERE next_poll_at > now()") == FEEDS
        assert in_transaction(lambda s: stuck(s, database_time(s), ["parse"])) == []
        assert len(publisher.requests) == number * FEEDS
