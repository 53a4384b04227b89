"""How many requests each client sent in a minute or hour: counted in Redis, or by this process."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from models import get_settings
from models.redis_urls import client_url
from models.tls import redis_tls

log = structlog.get_logger()

MINUTE, HOUR = 60, 3600
_AWAY_SECONDS = 5.0
# Clients that are counted without Redis; a network of bots has more.
_MOST_CLIENTS = 100_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is left of a window."""

    limit: int
    left: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them, in its widely read form."""
        return {"ratelimit-limit": str(self.limit), "ratelimit-remaining": str(max(0, self.left)),
                "ratelimit-reset": str(self.reset)}  # fmt: skip


@dataclass
class OwnCounts:
    """The counts of this process: for when there is no Redis, or it is away."""

    windows: dict[int, int] = field(default_factory=dict)
    counts: dict[int, Counter[str]] = field(default_factory=dict)
    redis_away_until: float = 0.0

    def add(self, who: str, seconds: int, window: int, add: int) -> int:
        """Count in this window, and forget the one before, and all where they are too many."""
        counts = self.counts.setdefault(seconds, Counter())
        if self.windows.get(seconds) != window or len(counts) > _MOST_CLIENTS:
            self.windows[seconds] = window
            counts.clear()
        counts[who] += add
        return counts[who]


_own = OwnCounts()


async def counted(who: str, limit: int, add: int = 1, seconds: int = MINUTE) -> Allowed:
    """Count a request of a client, and say what is left; without Redis this process counts."""
    now = int(time.time())
    window, reset = now // seconds, seconds - now % seconds
    settings = get_settings()
    url = settings.redis
    count = None
    if url is not None and time.monotonic() >= _own.redis_away_until:
        name = f"{settings.broker_prefix}rate:{who}:{seconds}:{window}"
        count = await _count_in_redis(url, name, add, 2 * seconds)
    if count is None:
        count = _own.add(who, seconds, window, add)
    return Allowed(limit, limit - count, reset)


async def _count_in_redis(url: str, name: str, add: int, lifetime: int) -> int | None:
    """The count of a window; None when Redis does not respond, which is then left alone a while."""
    try:
        client = _client(url, id(asyncio.get_running_loop()))
        async with client.pipeline(transaction=False) as pipe:
            pipe.incrby(name, add)
            pipe.expire(name, lifetime)
            replies = await pipe.execute()
    except (RedisError, OSError) as error:
        _own.redis_away_until = time.monotonic() + _AWAY_SECONDS
        log.warning("rate_limit_unavailable", message=str(error))
        return None
    return int(replies[0])


@lru_cache(maxsize=4)
def _client(url: str, _loop: int) -> Redis:
    """One pool for each event loop; Celery's form of a socket's URL becomes redis-py's."""
    return Redis.from_url(
        client_url(url),
        **redis_tls(url),
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
