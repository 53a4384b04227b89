"""Tries a fetch again within seconds, when what went wrong passes within seconds."""

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
MAX_WAIT_SECONDS = 5.0  # a server that wants more than this is the row's to wait for

_JITTER = tenacity.wait_random_exponential(multiplier=0.5, max=MAX_WAIT_SECONDS)


async def fetch_with_retries(
    client: Client,
    request: FetchRequest,
    limits: FetchLimits,
    wait: Callable[[tenacity.RetryCallState], float] = _JITTER,
) -> Fetched:
    """Fetch, in three attempts at most and all of them within the one deadline of ``limits``.

    Tried again: connections that fail or drop, bodies cut short, 408, 425, 502, 503 and 504; not
    when Retry-After asks for more than seconds. Returns or raises what the last attempt did.
    """
    until = monotonic() + limits.deadline_seconds

    async def attempt() -> Fetched:
        left = max(until - monotonic(), 0.0)
        return await fetch(client, request, replace(limits, deadline_seconds=left))

    retrying = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS)
        | tenacity.stop_before_delay(limits.deadline_seconds),
        wait=lambda state: max(wait(state), _asked_to_wait(state)),
        retry=_is_passing,
        retry_error_callback=lambda state: _outcome(state).result(),
    )
    result: Fetched = await retrying(attempt)
    return result


def _outcome(state: tenacity.RetryCallState) -> tenacity.Future:
    if state.outcome is None:
        raise RuntimeError("tenacity asks only about attempts that have ended")
    return state.outcome


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    outcome = _outcome(state)
    return outcome.exception() if outcome.failed else status_failure(outcome.result())


def _is_passing(state: tenacity.RetryCallState) -> bool:
    failure = _failure(state)
    passing = isinstance(failure, FetchFailed) and failure.retriable
    return passing and _asked_to_wait(state) <= MAX_WAIT_SECONDS


def _asked_to_wait(state: tenacity.RetryCallState) -> float:
    failure = _failure(state)
    asked = failure.retry_after if isinstance(failure, FetchFailed) else None
    return retry_after_seconds(asked, datetime.now(UTC)) or 0.0
