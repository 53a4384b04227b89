"""Slows down clients that are refused often: their next refusals come late."""

import asyncio
import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tasks.auth.networks import client_network

_WINDOW = 60
# Refusals of a network in a minute that are answered at once, and how late the others are.
FREE_REFUSALS = 60
DELAY_SECONDS = 1.0
# Connections that wait so; more would be a way to hold them all.
MAX_DELAYED = 250
_REFUSED = {401, 408, 413, 415, 429, 503}


class SlowRefusals:
    """ASGI middleware that delays refusals of a network that gets many; nothing else waits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._window = 0
        self._counts: Counter[str] = Counter()
        self._delayed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and delay its response if it is one refusal too many."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        network = client_network((scope.get("client") or ("",))[0])

        async def delaying(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_refusal(scope, message["status"]):
                await self._delay(network)
            await send(message)

        await self._app(scope, receive, delaying)

    async def _delay(self, network: str) -> None:
        window = int(time.monotonic()) // _WINDOW
        if window != self._window:
            self._window, self._counts = window, Counter()
        self._counts[network] += 1
        if self._counts[network] <= FREE_REFUSALS or self._delayed >= MAX_DELAYED:
            return
        self._delayed += 1
        try:
            await asyncio.sleep(DELAY_SECONDS)
        finally:
            self._delayed -= 1


def _is_refusal(scope: Scope, status: int) -> bool:
    return status in _REFUSED or (scope["method"] == "POST" and status in {400, 403})
