"""Posts forms to several servers at once, one after the other to each."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.request import host_of
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest

# What a hub says is at most a sentence; nobody reads more of it.
LIMITS = FetchLimits(
    deadline_seconds=20, max_wire_bytes=65_536, max_body_bytes=65_536, max_redirects=3
)


async def post_many(
    client: Client, requests: Sequence[FetchRequest], *, within_seconds: float
) -> list[Fetched | FetchFailed]:
    """Post all of ``requests``; outcomes in their order, failures as values.

    What has not ended after ``within_seconds`` is given up: ``timeout`` when it had begun, else
    ``not_attempted``.
    """
    hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))

    async def one(request: FetchRequest) -> Fetched | FetchFailed:
        begun = False
        try:
            async with asyncio.timeout(within_seconds), hosts[host_of(request.url)]:
                begun = True
                return await fetch(client, request, LIMITS)
        except FetchFailed as failure:
            return failure
        except TimeoutError:
            return _given_up(begun=begun)

    return await asyncio.gather(*(one(request) for request in requests))


def _given_up(*, begun: bool) -> FetchFailed:
    if begun:
        return FetchFailed("timeout", "the batch was over before the answer came")
    return FetchFailed("not_attempted", "the batch was over before its turn came")
