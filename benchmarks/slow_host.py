"""500 feeds on a slow host among 5,000 on others: the others' delay, and the host's load."""

import json
import urllib.request
from collections.abc import Sequence

from benchmarks.publisher import SLOW_SECONDS, host, publisher
from benchmarks.service import add_feeds, poll_all, polling_service, waited
from benchmarks.sizes import size
from models import get_settings

OTHERS, SLOW, HOSTS, ROUNDS = size(5_000, 100), size(500, 20), size(200, 20), size(2, 1)

Waited = tuple[float, float, float]  # median, p95 and longest, in seconds

_OF_OTHERS = "url NOT LIKE '%slow%'"


def run() -> None:
    """Poll the others alone and next to the slow host, alternating; print their delays."""
    with publisher() as port:
        others = [f"http://{host(n % HOSTS)}:{port}/feed/{n}.xml" for n in range(OTHERS)]
        slow = [f"http://{host(0, slow=True)}:{port}/slow/{n}.xml" for n in range(SLOW)]
        alone, beside = _delays(port, others, slow)
        body = urllib.request.urlopen(f"http://127.0.0.1:{port}/parallel").read()
        parallel = json.loads(body)
    limit = get_settings().poll_per_host
    print(f"{OTHERS:,} feeds on {HOSTS} hosts; {SLOW} on one that takes {SLOW_SECONDS} s an answer")
    print(f"{'seconds from due to looked at':<40}{'median':>8}{'p95':>8}")
    print(f"{'  without the slow host':<40}{alone[0]:>8.2f}{alone[1]:>8.2f}")
    print(
        f"{'  beside it':<40}{beside[0]:>8.2f}{beside[1]:>8.2f}   ratio {beside[1] / alone[1]:.2f}"
    )
    print(
        f"most parallel requests: {parallel[host(0, slow=True)]} at the slow host, "
        f"{max(parallel.values())} at any; the limit is {limit}"
    )


def _delays(port: int, others: Sequence[str], slow: Sequence[str]) -> tuple[Waited, Waited]:
    alone, beside = [], []
    with polling_service(port):
        add_feeds([*others, *slow])
        poll_all(len(others) + len(slow))  # known by now: what follows is unchanged
        for _ in range(ROUNDS):
            alone.append(waited(poll_all(len(others), _OF_OTHERS)))
            beside.append(waited(poll_all(len(others) + len(slow)), _OF_OTHERS))
    return min(alone, key=lambda each: each[1]), min(beside, key=lambda each: each[1])


if __name__ == "__main__":
    run()
