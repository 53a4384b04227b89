"""How many connections there may be, in all and from one network."""

import resource
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from tasks.auth.networks import client_network

# Files that the process needs for other things: the database, the search index, fetches.
_OTHER_FILES = 224


class Connection(Protocol):
    """What the limits need to know of a connection."""

    @property
    def is_serving(self) -> bool:
        """Whether a request is being answered."""

    def give_way(self) -> None:
        """Close the connection for a new one."""


class ConnectionLimits:
    """The open connections of a server, in the order in which they were made.

    When there are too many, the oldest on which no request is being answered is closed: half a
    request costs its sender a connection, and nobody else theirs. A proxy speaks for many clients,
    so a trusted one has no limit of its own.
    """

    def __init__(self, most: int, per_network: int, is_proxy: Callable[[str], bool]) -> None:
        self._most = min(most, _files() - _OTHER_FILES)
        self._per_network = per_network
        self._is_proxy = is_proxy
        self._open: dict[Connection, str] = {}
        self._counts: Counter[str] = Counter()

    def admit(self, connection: Connection, address: str) -> str | None:
        """Count a new connection; its network, or None where there are too many."""
        network = client_network(address)
        if not self._is_proxy(address) and self._counts[network] >= self._per_network:
            return None
        if len(self._open) >= self._most and not self._make_room():
            return None
        self._open[connection] = network
        self._counts[network] += 1
        return network

    def release(self, connection: Connection, network: str) -> None:
        """Forget a connection that was closed."""
        if self._open.pop(connection, None) is None:
            return
        self._counts[network] -= 1
        if not self._counts[network]:
            del self._counts[network]

    def _make_room(self) -> bool:
        idle = next((one for one in self._open if not one.is_serving), None)
        if idle is None:
            return False
        self.release(idle, self._open[idle])
        idle.give_way()
        return True


def _files() -> int:
    """Raise the limit of open files to what the system allows; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65_536
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft if soft != resource.RLIM_INFINITY else wanted
