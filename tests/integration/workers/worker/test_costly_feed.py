"""A feed of costly episodes on real workers: the episode of another feed does not wait for them."""

import pytest

from tests.factories import differences, figures, one, rows
from tests.hostile.documents import TRANSCRIPTS
from tests.integration.commands import run_process
from tests.integration.tasks.ingest.test_episode import VTT
from tests.integration.workers.worker.test_workers import QUICK, feed_of
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database", "broker")]

COSTLY_EPISODES = 4
# Of the costly jobs, at most these end before the honest one: one for the only worker, and one that
# a slow machine begins before the first one is recorded as long.
_BEFORE = 2


def test_costly_episodes_delay_no_other_feed(publisher: FaultServer) -> None:
    costly = TRANSCRIPTS["labels of paragraphs"](2_000_000).encode()
    names = [f"costly-{number}" for number in range(COSTLY_EPISODES)]
    for name in names:
        publisher.serve(f"/{name}.vtt", Answer(body=costly))
    bad = publisher.serve("/bad", Answer(body=feed_of(publisher, *names)))
    publisher.serve("/good.vtt", Answer(body=VTT))
    good = publisher.serve("/honest", Answer(body=feed_of(publisher, "good")))
    ended = run_process("ingest", bad, good, OVERHEARD_DOCUMENT_SECONDS="1", **QUICK)
    assert ended.code == 1
    assert figures()["Ann Smith"][:2] == (1, 1)
    dead = rows("SELECT reason, attempts FROM job WHERE state = 'dead'")
    assert dead == [{"reason": "over_budget", "attempts": 1}] * COSTLY_EPISODES
    before = one("""
        SELECT count(*) FROM job WHERE state = 'dead'
            AND finished_at < (SELECT finished_at FROM job WHERE state = 'done')
    """)
    assert before <= _BEFORE
    assert differences() == 0
