"""Checks of settings that contradict each other, or Celery's time limits."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from models import Settings
from tasks.http.settings import InvalidSetting, guard
from workers.doctor.values import Finding, note, or_ok, problem


def check_settings(settings: Settings, celery: Mapping[str, Any]) -> Iterator[Finding]:
    """Find contradicting settings, named by their variables.

    Args:
        settings: the settings of this process; workers on other machines may have others.
        celery: the configuration of the Celery app.
    """
    yield from or_ok("settings", "settings", "no contradictions", _pairs(settings))
    yield from or_ok("limits", "Celery", "time limits are consistent", _limits(settings, celery))
    yield from or_ok(
        "ssrf-guard",
        "OVERHEARD_ALLOWED_NETWORKS",
        _refused(settings),
        _ssrf_guard(settings),
    )


def _pairs(settings: Settings) -> Iterator[Finding]:
    for smaller, larger in (
        ("poll_min_interval_seconds", "poll_max_interval_seconds"),
        ("job_retry_seconds", "job_retry_max_seconds"),
        ("sweep_tick_seconds", "job_lease_seconds"),
        ("sweep_tick_seconds", "republish_after_seconds"),
    ):
        low, high = getattr(settings, smaller), getattr(settings, larger)
        if low > high:
            yield problem(
                "settings",
                f"{_variable(smaller)}, {_variable(larger)}",
                f"{low:g} is more than {high:g}",
                "change one of the two",
            )
    if (settings.database_url is None) != (settings.broker_url is None):
        unset = "database_url" if settings.database_url is None else "broker_url"
        yield note(
            "settings",
            _variable(unset),
            "one server is configured, the other embedded",
            "if you use several machines, configure both URLs",
        )
    if settings.broker_url is not None and settings.redis is None:
        yield note(
            "settings",
            "OVERHEARD_REDIS_URL",
            "the broker is not Redis: each web process counts requests to the API by itself",
            "if you run several web processes, set it to a Valkey or Redis",
        )


def _limits(settings: Settings, celery: Mapping[str, Any]) -> Iterator[Finding]:
    hard, soft = celery["task_time_limit"], celery["task_soft_time_limit"]
    # RabbitMQ has none: it delivers the messages of a lost connection again.
    visibility = celery["broker_transport_options"].get("visibility_timeout", math.inf)
    if visibility < hard + celery["worker_soft_shutdown_timeout"]:
        yield problem(
            "limits",
            "visibility_timeout",
            f"{visibility} s is less than a task ({hard} s) plus a shutdown can take: tasks would "
            "run twice at once",
            "raise VISIBILITY_TIMEOUT in workers/celery_app.py",
        )
    if settings.fetch_deadline_seconds >= soft:
        yield problem(
            "limits",
            "OVERHEARD_FETCH_DEADLINE_SECONDS",
            f"{settings.fetch_deadline_seconds:g} s is not less than a task's {soft} s: fetches "
            "from slow servers fail with `time_limit`",
            f"set it below {soft}",
        )
    if settings.job_lease_seconds >= visibility:
        yield problem(
            "limits",
            "OVERHEARD_JOB_LEASE_SECONDS",
            f"{settings.job_lease_seconds:g} s is not less than the {visibility} s after which a "
            "message is delivered again",
            f"set it below {visibility}",
        )


def _refused(settings: Settings) -> str:
    allowed = ", ".join(_networks(settings))
    return "private addresses are refused" + (f", except {allowed}" if allowed else "")


def _networks(settings: Settings) -> list[str]:
    return [part.strip() for part in settings.allowed_networks.split(",") if part.strip()]


def _ssrf_guard(settings: Settings) -> Iterator[Finding]:
    try:
        guard(settings)
    except InvalidSetting as invalid:
        variable, _, why = str(invalid).partition(": ")
        yield problem("ssrf-guard", variable, f"nothing can be fetched: {why}", "correct it")
    for network in _networks(settings):
        if network.partition("/")[2].partition(":")[0] in {"0", "1"}:
            yield problem(
                "ssrf-guard",
                "OVERHEARD_ALLOWED_NETWORKS",
                f"{network} allows everything: any feed can make us send requests to this machine "
                "and its network",
                "list only the networks that you need",
            )


def _variable(field: str) -> str:
    return f"OVERHEARD_{field.upper()}"
