"""What can be wrong with the broker: a server that forgets, evicts, refuses, or is a cluster."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tasks.http.redaction import scrub
from workers.doctor.values import Finding, note, or_well, well, wrong

CONNECT_SECONDS = 5.0
FULL = 0.9  # of maxmemory
CLOCK_SECONDS = 2.0
_CLUSTER = "use one server (or a primary with replicas), and its own address"
_SCHEMES = ("redis", "rediss", "valkey", "redis+socket", "unix")


def check_broker(url: str) -> Iterator[Finding]:
    """Look at the broker of a Celery URL; nothing in it is changed."""
    scheme = url.partition(":")[0]
    if scheme in {"amqp", "amqps"}:
        yield note("broker", scheme, "RabbitMQ: only Valkey and Redis can be looked at from here",
                   "watch its own pages")  # fmt: skip
        return
    if scheme not in _SCHEMES or "," in url:
        yield wrong("broker", scrub(url), "no address that we can use: a cluster, a list, or "
                    "another protocol", _CLUSTER)  # fmt: skip
        return
    try:
        with _client(url) as client:
            yield from _look(client, scrub(url))
    except redis.RedisError as error:
        yield wrong("broker", scrub(url), f"it cannot be asked: {scrub(str(error))}",
                    "is it running, is it the right address, is the password right?")  # fmt: skip


def _client(url: str) -> redis.Redis:
    asked: dict[str, Any] = {
        "socket_timeout": CONNECT_SECONDS,
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
    }
    if url.startswith("redis+socket://"):  # Celery's form, with its own name for the database
        plain = url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
        return redis.Redis.from_url(plain, **asked)
    return redis.Redis.from_url(url.replace("valkey://", "redis://"), **asked)


def _look(client: redis.Redis, where: str) -> Iterator[Finding]:
    info: Mapping[str, Any] = client.info()
    if str(info.get("cluster_enabled", 0)) == "1" or info.get("redis_mode") == "cluster":
        yield wrong("broker", where, "it is a Redis Cluster, which Celery cannot use", _CLUSTER)
        return
    if info.get("role") == "slave":
        yield wrong("broker", where, "it is a replica: nothing can be sent through it",
                    "use the primary's address")  # fmt: skip
        return
    version = info.get("valkey_version") or info.get("redis_version")
    yield well("broker", where, f"answers, version {version}")
    yield from or_well(
        "broker-keeps", where, "its append-only file is on and well", _keeps(info, where)
    )
    yield from or_well(
        "broker-memory", where, "it evicts nothing, and has room", _memory(info, where)
    )
    yield from _configured(client, where)
    yield from or_well("clock", where, "agrees with this process", _clock(client, where))


def _keeps(info: Mapping[str, Any], where: str) -> Iterator[Finding]:
    if not int(info.get("aof_enabled", 0)):
        yield wrong("broker-keeps", where, "it keeps nothing over a restart (appendonly no): what "
                    "was sent is sent again, later", "CONFIG SET appendonly yes")  # fmt: skip
    elif info.get("aof_last_write_status", "ok") != "ok":
        yield wrong("broker-keeps", where, "its append-only file cannot be written",
                    "is its disk full?")  # fmt: skip


def _memory(info: Mapping[str, Any], where: str) -> Iterator[Finding]:
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield wrong("broker-memory", where, f"it may throw messages away (maxmemory-policy "
                    f"{policy})", "CONFIG SET maxmemory-policy noeviction")  # fmt: skip
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if most and used > FULL * most:
        yield wrong("broker-memory", where, f"{used:,} of {most:,} bytes are used: it refuses "
                    "messages soon", "raise maxmemory, or see what fills it (redis-cli --bigkeys)",
                    )  # fmt: skip


def _configured(client: redis.Redis, where: str) -> Iterator[Finding]:
    """Settings that only CONFIG tells, which a hosted server may refuse."""
    try:
        said: Mapping[Any, Any] = client.config_get("appendfsync", "timeout")
    except redis.ResponseError:
        yield note("broker-settings", where, "it does not tell its settings",
                   "see that appendfsync is everysec or always, and timeout 0")  # fmt: skip
        return
    yield from or_well("broker-settings", where, "as they should be", _settings(said, where))


def _settings(said: Mapping[Any, Any], where: str) -> Iterator[Finding]:
    if said.get("appendfsync") == "no":
        yield wrong("broker-settings", where, "it leaves writing to the system (appendfsync no): a "
                    "crash loses half a minute", "CONFIG SET appendfsync everysec")  # fmt: skip
    if 0 < int(said.get("timeout", 0)) < 60:
        yield wrong("broker-settings", where, f"it hangs up on who is silent for "
                    f"{said['timeout']} s: workers reconnect all the time",
                    "CONFIG SET timeout 0")  # fmt: skip


def _clock(client: redis.Redis, where: str) -> Iterator[Finding]:
    seconds, micros = client.time()
    apart = time.time() - (seconds + micros / 1e6)
    if abs(apart) > CLOCK_SECONDS:
        yield wrong("clock", where, f"this machine's clock is {apart:+.1f} s from the broker's",
                    "let a time service (chrony, systemd-timesyncd) run on both")  # fmt: skip
