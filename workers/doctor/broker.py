"""Checks of the broker: reachable, no cluster, persistent, with memory, and its clock."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from models.redis_urls import client_url
from models.settings_checks import AMQP, REDIS, REDIS_SOCKET
from models.tls import redis_tls
from tasks.http.redaction import scrub
from workers.doctor.rabbitmq import check_rabbitmq
from workers.doctor.values import Finding, note, ok, or_ok, problem
from workers.doctor.versions import check_version

CONNECT_SECONDS = 5.0
FULL = 0.9  # of maxmemory
CLOCK_SECONDS = 2.0
_NO_CLUSTER = "use one server (or a primary with replicas), and its own URL"


def check_broker(url: str) -> Iterator[Finding]:
    """Check the broker at a Celery URL without changing it."""
    scheme = url.partition(":")[0]
    if scheme in AMQP:
        yield from check_rabbitmq(url)
        return
    if scheme not in {*REDIS, *REDIS_SOCKET} or "," in url:
        message = (
            "this URL cannot be used: it names a cluster, several servers, or another protocol"
        )
        yield problem("broker", scrub(url), message, _NO_CLUSTER)
        return
    try:
        with _client(url) as client:
            yield from _server(client, scrub(url))
    except redis.RedisError as error:
        yield problem(
            "broker",
            scrub(url),
            f"it cannot be reached: {scrub(str(error))}",
            "check that it runs, its URL, and its password",
        )


def _client(url: str) -> redis.Redis:
    options: dict[str, Any] = {
        "socket_timeout": CONNECT_SECONDS,
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
    }
    return redis.Redis.from_url(client_url(url), **options, **redis_tls(url))


def _server(client: redis.Redis, where: str) -> Iterator[Finding]:
    info: Mapping[str, Any] = client.info()
    if str(info.get("cluster_enabled", 0)) == "1" or info.get("redis_mode") == "cluster":
        message = "it is a Redis Cluster, which Celery cannot use"
        yield problem("broker", where, message, _NO_CLUSTER)
        return
    if info.get("role") == "slave":
        message = "it is a replica, which takes no messages"
        yield problem("broker", where, message, "use the primary's URL")
        return
    yield from _version(info, where)
    yield from or_ok(
        "broker-persistence", where, "its append-only file is on", _persistence(info, where)
    )
    yield from or_ok(
        "broker-memory", where, "it never evicts, and has free memory", _memory(info, where)
    )
    yield from _configuration(client, where)
    yield from or_ok("clock", where, "agrees with this machine", _clock(client, where))


def _version(info: Mapping[str, Any], where: str) -> Iterator[Finding]:
    """Valkey also names the version of Redis that it began from."""
    server = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info[f"{server.lower()}_version"])
    yield ok("broker", where, f"responds, version {version}")
    found = check_version("broker-version", where, server, version)
    yield from or_ok("broker-version", where, "no newer release is known", found)


def _persistence(info: Mapping[str, Any], where: str) -> Iterator[Finding]:
    if not int(info.get("aof_enabled", 0)):
        yield problem(
            "broker-persistence",
            where,
            "it loses its messages at a restart (appendonly no), until they are published again",
            "CONFIG SET appendonly yes",
        )
    elif info.get("aof_last_write_status", "ok") != "ok":
        message = "its append-only file cannot be written"
        yield problem("broker-persistence", where, message, "check whether its disk is full")


def _memory(info: Mapping[str, Any], where: str) -> Iterator[Finding]:
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield problem(
            "broker-memory",
            where,
            f"it may evict messages (maxmemory-policy {policy})",
            "CONFIG SET maxmemory-policy noeviction",
        )
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if limit and used > FULL * limit:
        yield problem(
            "broker-memory",
            where,
            f"{used:,} of {limit:,} bytes are used: it will soon refuse messages",
            "raise maxmemory, or find out what fills it (redis-cli --bigkeys)",
        )


def _configuration(client: redis.Redis, where: str) -> Iterator[Finding]:
    """Check settings that only CONFIG shows, which a hosted server may refuse."""
    try:
        config: Mapping[Any, Any] = client.config_get("appendfsync", "timeout")
    except redis.ResponseError:
        yield note(
            "broker-settings",
            where,
            "it does not show its settings",
            "check that appendfsync is everysec or always, and timeout 0",
        )
        return
    yield from or_ok(
        "broker-settings", where, "they are as they should be", _settings(config, where)
    )


def _settings(config: Mapping[Any, Any], where: str) -> Iterator[Finding]:
    if config.get("appendfsync") == "no":
        yield problem(
            "broker-settings",
            where,
            "it never calls fsync (appendfsync no): a crash can lose half a minute of messages",
            "CONFIG SET appendfsync everysec",
        )
    if 0 < int(config.get("timeout", 0)) < 60:
        yield problem(
            "broker-settings",
            where,
            f"it closes connections that are idle for {config['timeout']} s: workers have to "
            "reconnect all the time",
            "CONFIG SET timeout 0",
        )


def _clock(client: redis.Redis, where: str) -> Iterator[Finding]:
    seconds, micros = client.time()
    skew = time.time() - (seconds + micros / 1e6)
    if abs(skew) > CLOCK_SECONDS:
        yield problem(
            "clock",
            where,
            f"this machine's clock differs by {skew:+.1f} s from the broker's",
            "run a time service (chrony, systemd-timesyncd) on both",
        )
