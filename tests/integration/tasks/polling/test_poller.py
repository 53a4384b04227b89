"""One poller with many feeds: it polls all of them, within the limit of each host."""

import pytest
import redis

import tasks.polling.tasks
from models import get_settings
from models.database import database_time, in_transaction
from tasks.podcasts.store.add import add_by_url
from tasks.polling.store.claims import claim_due_feeds
from tests.factories import execute, one, rows
from tests.integration.tasks.polling.test_polling import answer
from tests.servers.fault_server import FaultServer
from workers.celery_app import app


@pytest.fixture(autouse=True)
def _publishing(broker: "redis.Redis", broker_url: str) -> None:
    del broker
    app.conf.broker_url = broker_url


def poll_once(batch: int) -> None:
    """Claim this many feeds, and handle the message for them."""
    token = in_transaction(lambda session: claim_due_feeds(session, database_time(session), batch))
    tasks.polling.tasks.poll_feeds(str(token))


def unpolled_count() -> int:
    return int(one("SELECT count(*) FROM crawl WHERE polled_at IS NULL OR claim_token IS NOT NULL"))


def test_poller_tops_up_while_feeds_are_due(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_POLL_BATCH", "3")
    get_settings.cache_clear()
    for n in range(10):
        in_transaction(add_by_url, publisher.serve(f"/{n}", answer(f"{n}")))
    poll_once(batch=3)
    assert unpolled_count() == 0
    assert len(publisher.requests) == 10
    assert publisher.max_parallel[""] <= get_settings().poll_per_host


def test_slow_host_within_limit_delays_no_other(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer("127.0.0.2") as slow:
        networks = f"127.0.0.1/32:{publisher.port},127.0.0.2/32:{slow.port}"
        monkeypatch.setenv("OVERHEARD_ALLOWED_NETWORKS", networks)
        monkeypatch.setenv("OVERHEARD_POLL_BATCH", "8")
        get_settings.cache_clear()
        for n in range(12):
            in_transaction(add_by_url, slow.serve(f"/{n}", answer(f"{n}", delay_seconds=0.1)))
        for n in range(24):
            in_transaction(add_by_url, publisher.serve(f"/{n}", answer(f"{n}")))
        for _ in range(36):  # on a busy machine, one poller may not poll all of them
            if unpolled_count():
                poll_once(batch=8)
        assert unpolled_count() == 0
        assert len(slow.requests) == 12
        assert slow.max_parallel[""] == 4
        assert publisher.max_parallel[""] <= 4


def test_crash_of_one_new_feed_harms_no_other(
    publisher: FaultServer,
) -> None:
    good = [in_transaction(add_by_url, publisher.serve(f"/{n}", answer(f"{n}"))) for n in range(6)]
    bad = in_transaction(add_by_url, publisher.serve("/bad", answer("bad")))
    execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.podcast_id = {bad.podcast_id} THEN RAISE 'no'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON episode FOR EACH ROW EXECUTE FUNCTION refuse()
    """)
    try:
        poll_once(batch=7)
    finally:
        execute("DROP TRIGGER refuse ON episode; DROP FUNCTION refuse")
    assert unpolled_count() == 0
    active = [row["id"] for row in rows("SELECT id FROM podcast WHERE state = 'active'")]
    assert set(active) == {followed.podcast_id for followed in good}
    assert one("SELECT last_error_reason FROM crawl WHERE podcast_id = :id", id=bad.podcast_id) == (
        "crashed"
    )
