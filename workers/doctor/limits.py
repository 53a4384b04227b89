"""Settings that contradict each other, or the limits of Celery; pure, over the settings alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from models import Settings
from workers.doctor.values import Finding, note, or_well, wrong

_DO = "change one of the two"


def check_settings(settings: Settings, celery: Mapping[str, Any]) -> Iterator[Finding]:
    """Every contradiction, each named by the variables that make it.

    Args:
        settings: as this process read them; workers elsewhere may have others.
        celery: the configuration of the app.
    """
    yield from or_well("settings", "settings", "none contradicts another", _pairs(settings))
    yield from or_well("limits", "Celery", "time limits fit into each other",
                       _limits(settings, celery))  # fmt: skip
    yield from or_well("guard", "OVERHEARD_ALLOWED_NETWORKS", _refused(settings),
                       _guard(settings))  # fmt: skip


def _pairs(settings: Settings) -> Iterator[Finding]:
    for smaller, larger in (
        ("poll_min_interval_seconds", "poll_max_interval_seconds"),
        ("job_retry_seconds", "job_retry_max_seconds"),
        ("sweep_tick_seconds", "job_lease_seconds"),
        ("sweep_tick_seconds", "republish_after_seconds"),
    ):
        low, high = getattr(settings, smaller), getattr(settings, larger)
        if low > high:
            where = f"{_variable(smaller)}, {_variable(larger)}"
            yield wrong("settings", where, f"{low:g} is more than {high:g}", _DO)
    if (settings.database_url is None) != (settings.broker_url is None):
        unset = "database_url" if settings.database_url is None else "broker_url"
        yield note("settings", _variable(unset), "one server is configured, the other embedded",
                   "on more than one machine, both need a URL")  # fmt: skip


def _limits(settings: Settings, celery: Mapping[str, Any]) -> Iterator[Finding]:
    hard, soft = celery["task_time_limit"], celery["task_soft_time_limit"]
    visible = celery["broker_transport_options"]["visibility_timeout"]
    if visible < hard + celery["worker_soft_shutdown_timeout"]:
        yield wrong("limits", "visibility_timeout", f"{visible} s is less than a task may take "
                    f"({hard} s) and a stop: it would be done twice at once",
                    "raise VISIBILITY_TIMEOUT in workers/celery_app.py")  # fmt: skip
    if settings.fetch_deadline_seconds >= soft:
        yield wrong("limits", "OVERHEARD_FETCH_DEADLINE_SECONDS",
                    f"{settings.fetch_deadline_seconds:g} s is not less than a task's {soft} s: "
                    "a slow publisher ends as `time_limit`", f"keep it under {soft}")  # fmt: skip
    if settings.job_lease_seconds >= visible:
        yield wrong("limits", "OVERHEARD_JOB_LEASE_SECONDS",
                    f"{settings.job_lease_seconds:g} s is not less than the {visible} s after "
                    "which a message comes again", f"keep it under {visible}")  # fmt: skip


def _refused(settings: Settings) -> str:
    allowed = ", ".join(_networks(settings))
    return "private addresses are refused" + (f", but for {allowed}" if allowed else "")


def _networks(settings: Settings) -> list[str]:
    return [part.strip() for part in settings.allowed_networks.split(",") if part.strip()]


def _guard(settings: Settings) -> Iterator[Finding]:
    for network in _networks(settings):
        if network.partition("/")[2].partition(":")[0] in {"0", "1"}:
            yield wrong("guard", "OVERHEARD_ALLOWED_NETWORKS", f"{network} allows everything: any "
                        "feed can make us ask this machine and its neighbours",
                        "name the networks that are meant")  # fmt: skip


def _variable(field: str) -> str:
    return f"OVERHEARD_{field.upper()}"
