"""Post forms to several servers at once, and to each server one after the other."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.urls import host_of
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, batch_ended

# The response of a hub is at most a sentence.
LIMITS = FetchLimits(
    deadline_seconds=20, max_wire_bytes=65_536, max_body_bytes=65_536, max_redirects=3
)


async def post_many(
    client: Client, requests: Sequence[FetchRequest], *, within_seconds: float
) -> list[Fetched | FetchFailed]:
    """Post all ``requests``; return their outcomes in the same order, failures as values.

    After ``within_seconds`` the rest is cancelled: ``timeout`` when the request had started, else
    ``not_attempted``.
    """
    hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))

    async def post(request: FetchRequest) -> Fetched | FetchFailed:
        started = False
        try:
            async with asyncio.timeout(within_seconds), hosts[host_of(request.url)]:
                started = True
                return await fetch(client, request, LIMITS)
        except FetchFailed as failure:
            return failure
        except TimeoutError:
            return batch_ended(started=started)

    return await asyncio.gather(*(post(request) for request in requests))
