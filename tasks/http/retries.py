"""Retry a fetch within seconds after a transient failure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import tenacity

from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.retry_after import retry_after_seconds
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, status_failure

ATTEMPTS = 3
MAX_WAIT_SECONDS = 5.0  # a longer Retry-After is left to the row, which is retried later

_JITTER = tenacity.wait_random_exponential(multiplier=0.5, max=MAX_WAIT_SECONDS)


async def fetch_with_retries(
    client: Client,
    request: FetchRequest,
    limits: FetchLimits,
    wait: Callable[[tenacity.RetryCallState], float] = _JITTER,
) -> Fetched:
    """Fetch with at most three attempts, all within the one deadline of ``limits``.

    Retries connections that fail or drop, truncated bodies, 408, 425, 502, 503 and 504, unless
    Retry-After is longer than `MAX_WAIT_SECONDS`. Returns or raises what the last attempt did.
    """
    until = monotonic() + limits.deadline_seconds

    async def attempt() -> Fetched:
        left = max(until - monotonic(), 0.0)
        return await fetch(client, request, replace(limits, deadline_seconds=left))

    retrying = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS)
        | tenacity.stop_before_delay(limits.deadline_seconds),
        wait=lambda state: max(wait(state), _retry_after(state)),
        retry=_is_transient,
        retry_error_callback=lambda state: _outcome(state).result(),
    )
    result: Fetched = await retrying(attempt)
    return result


def _outcome(state: tenacity.RetryCallState) -> tenacity.Future:
    if state.outcome is None:
        raise RuntimeError("tenacity calls this only after an attempt has ended")
    return state.outcome


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    outcome = _outcome(state)
    return outcome.exception() if outcome.failed else status_failure(outcome.result())


def _is_transient(state: tenacity.RetryCallState) -> bool:
    failure = _failure(state)
    transient = isinstance(failure, FetchFailed) and failure.retriable
    return transient and _retry_after(state) <= MAX_WAIT_SECONDS


def _retry_after(state: tenacity.RetryCallState) -> float:
    failure = _failure(state)
    field = failure.retry_after if isinstance(failure, FetchFailed) else None
    return retry_after_seconds(field, datetime.now(UTC)) or 0.0
