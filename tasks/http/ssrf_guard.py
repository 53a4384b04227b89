"""The SSRF guard: every IP address is checked when it is dialled.

It checks in two places, because each sees what the other cannot. The resolver sees all addresses of
a name, and refuses a name that mixes public and internal addresses. The socket factory sees the
address that is really dialled, also when the URL contains an IP address and no name is resolved.
"""

import asyncio
import functools
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from tasks.http.ip_rules import WEB_PORTS, AllowedNetwork, Refusal, refusal

# (host, port, family) → IP addresses as text; raises `socket.gaierror`. May block.
Lookup = Callable[[str, int, int], list[str]]

LOOKUP_THREADS = 32  # a poll resolves hundreds of names at once, and getaddrinfo blocks


class DialRefused(OSError):
    """The guard refuses to dial; an OSError, so that aiohttp passes it on as a cause."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.message)
        self.reason = refused.reason


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be dialled: public addresses on ``ports``, and the ``allowed`` networks."""

    allowed: tuple[AllowedNetwork, ...] = ()
    ports: frozenset[int] = WEB_PORTS

    def check(self, address: str, port: int) -> None:
        """Raise `DialRefused` when ``address`` may not be dialled on ``port``."""
        if refused := refusal(address, port, self.allowed, self.ports):
            raise DialRefused(refused)

    def socket_for(self, addr_info: AddrInfoType) -> socket.socket:
        """Create the socket for an address to dial, after its check (aiohttp's socket_factory)."""
        family, kind, protocol, _, target = addr_info
        self.check(str(target[0]), int(target[1]))
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """Resolves names in its own threads; refuses a name when any of its addresses is refused.

    The loop's threads do not suffice: there are six on two cores, and closing the loop waits for
    them, so one dead name server would block a worker long after its deadline.
    """

    def __init__(self, guard: Guard, lookup: Lookup) -> None:
        self._guard = guard
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return every address of ``host``; raises `DialRefused` and `socket.gaierror`."""
        lookup = functools.partial(self._lookup, host, port, family)
        addresses = await asyncio.get_running_loop().run_in_executor(self._threads, lookup)
        for address in addresses:
            self._guard.check(address, port)
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Shut the threads down without waiting for a name server."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def system_lookup(host: str, port: int, family: int) -> list[str]:
    """Resolve a name with the system's resolver; raises `socket.gaierror`."""
    results = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(result[4][0]) for result in results))


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=flags
    )
