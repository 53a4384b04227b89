"""While a feed of costly episodes is followed, an honest podcast's new episode is read in time.

OVERHEARD_COSTLY_EPISODES says how many costly episodes the feed has. Their transcripts take more
than the budget of a document: each occupies a worker until it is stopped.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.acceptance.conftest import installation
from tests.acceptance.installation import Installation
from tests.acceptance.killing import COMMANDS, Processes
from tests.acceptance.shared_world import free_port
from tests.hostile.documents import TRANSCRIPTS
from tests.integration.tasks.ingest.test_episode import VTT
from tests.integration.workers.worker.test_workers import feed_of
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

COSTLY_EPISODES = int(os.environ.get("OVERHEARD_COSTLY_EPISODES", "1000"))
LATER_SECONDS, SWEEP_SECONDS = 60.0, 60.0
# As many short paragraphs as are read cost more than this on any machine.
DOCUMENT_SECONDS, PARAGRAPHS_BYTES = 4, 2_300_000
_ENDED = "SELECT count(*) AS n FROM job WHERE reason = 'over_budget'"


@dataclass
class Service:
    """A service with workers, beat and a web process; ``sweep_ages`` are seen while it waits."""

    own: Installation
    client: httpx.Client
    publisher: FaultServer
    sweep_ages: list[float]

    def seconds_until(self, condition: Callable[[], bool], at_most: float) -> float:
        """Wait until a condition is true, and watch the sweeps; the seconds that it took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < at_most, self.own.query("SELECT * FROM job LIMIT 5")
            self.sweep_ages.append(self._sweep_age())
            time.sleep(0.2)
        return time.monotonic() - began

    def _sweep_age(self) -> float:
        """The seconds since the last sweep; 0 before the first one."""
        lines = self.client.get("/metrics").text.splitlines()
        ages = [one for one in lines if one.startswith("overheard_sweep_age_seconds ")]
        return float(ages[0].split()[1]) if ages else 0.0

    def publish(self, *names: str) -> float:
        """Publish the honest feed with these episodes; seconds until the last is on the page."""
        for name in names:
            self.publisher.serve(f"/{name}.vtt", Answer(body=VTT))
        url = self.publisher.serve("/honest", Answer(body=feed_of(self.publisher, *names)))
        began = time.monotonic()
        if len(names) == 1:
            self.own.overheard("podcasts", "add", url)
        else:
            self.own.overheard("podcasts", "poll", url)
        self.seconds_until(lambda: names[-1] in self.client.get("/people/ann-smith").text, 600)
        return time.monotonic() - began

    def changes(self) -> str:
        """The place in the change feed after everything that it shows."""
        return str(self.client.get("/api/v1/changes", params={"since": "now"}).json()["next"])


@pytest.fixture
def service(publisher: FaultServer) -> Iterator[Service]:
    port = free_port()
    settings = {
        "OVERHEARD_ALLOWED_NETWORKS": f"{publisher.host}/32:{publisher.port}",
        "OVERHEARD_POLL_TICK_SECONDS": "1",
        "OVERHEARD_SWEEP_TICK_SECONDS": "1",
        "OVERHEARD_API_RATE_PER_MINUTE": "1000000",
        "OVERHEARD_DOCUMENT_SECONDS": str(DOCUMENT_SECONDS),
    }
    commands = dict(COMMANDS) | {"web": ("web", "--port", str(port))}
    with (
        installation(**settings) as own,
        Processes(own, commands),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        _until_it_serves(client)
        yield Service(own, client, publisher, [])


def _until_it_serves(client: httpx.Client) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            client.get("/")
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


def test_costly_episodes_delay_an_honest_one_by_less_than_a_minute(service: Service) -> None:
    alone = service.publish("first-episode")
    costly = TRANSCRIPTS["labels of paragraphs"](PARAGRAPHS_BYTES).encode()
    names = [f"costly-{number}" for number in range(COSTLY_EPISODES)]
    for name in names:
        service.publisher.serve(f"/{name}.vtt", Answer(body=costly))
    feed = Answer(body=feed_of(service.publisher, *names))
    service.own.overheard("podcasts", "add", service.publisher.serve("/costly", feed))
    service.seconds_until(lambda: service.own.query(_ENDED)[0]["n"] >= 2, 300)
    service.sweep_ages.clear()
    before = service.changes()
    beside = service.publish("first-episode", "second-episode")
    changed = service.client.get("/api/v1/changes", params={"since": before}).json()["items"]
    print(
        f"{COSTLY_EPISODES} costly episodes, {service.own.query(_ENDED)[0]['n']} ended:"
        f" {alone:.1f} s alone, {beside:.1f} s beside them,"
        f" sweeps at most {max(service.sweep_ages):.1f} s old, {len(changed)} changes"
    )
    assert beside < alone + LATER_SECONDS
    assert max(service.sweep_ages) < SWEEP_SECONDS
    assert {"episode", "person"} <= {one["kind"] for one in changed}
    assert service.own.read_json("recount")["changed"] == 0
