"""API keys that this process knows, so that neither right nor wrong ones cost a query each."""

import threading
import time

from sqlmodel import Session

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import AuthenticatedKey, find_key, key_prefix, valid_prefixes

# How long a lookup is cached: a revoked key works for so long at most.
_CACHE_SECONDS = 5.0
_MOST = 1000


class KnownKeys:
    """Valid keys of the last seconds, and how valid keys begin."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[float, AuthenticatedKey]] = {}
        self._prefixes: frozenset[str] = frozenset()
        self._prefixes_at = float("-inf")

    def recent(self, token: str) -> AuthenticatedKey | None:
        """The key, if it was found moments ago."""
        found_at, key = self._keys.get(token, (0.0, None))
        return key if key and time.monotonic() - found_at < _CACHE_SECONDS else None

    def find(self, token: str) -> AuthenticatedKey | None:
        """The valid key that this is, if it is one."""
        key = in_transaction(_find, token)
        if key is not None:
            if len(self._keys) >= _MOST:
                self._keys.clear()
            self._keys[token] = (time.monotonic(), key)
        return key

    def begins_like_one(self, token: str) -> bool:
        """Whether a valid key begins like this; the answer is at most seconds old."""
        with self._lock:
            if time.monotonic() - self._prefixes_at > _CACHE_SECONDS:
                self._prefixes = in_transaction(valid_prefixes)
                self._prefixes_at = time.monotonic()
        return key_prefix(token) in self._prefixes


def _find(session: Session, token: str) -> AuthenticatedKey | None:
    return find_key(session, token, database_time(session))
