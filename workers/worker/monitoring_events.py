"""Celery's monitoring events, which never hold up a worker.

Celery sends `worker-heartbeat` from the loop that also reads the broker, and tries again without
end and without a word while the broker is away. Such a worker logs nothing of the outage, and does
not stop at SIGTERM until the broker is back.
"""

from typing import Any

from celery.app.events import Events as CeleryEvents
from celery.events.dispatcher import EventDispatcher as CeleryEventDispatcher

# How often an event is tried again before it waits, in memory, for the next connection.
ONE_RETRY = {"max_retries": 1, "interval_start": 0}


class EventDispatcher(CeleryEventDispatcher):  # type: ignore[misc]  # Celery ships no types
    """A dispatcher whose retries end."""

    def send(self, type: str, **options: Any) -> Any:  # noqa: A002  Celery's name
        """Send an event, or keep it for later when the broker is away."""
        if options.get("retry") and options.get("retry_policy") is None:
            options["retry_policy"] = ONE_RETRY
        return super().send(type, **options)


class Events(CeleryEvents):  # type: ignore[misc]  # Celery ships no types
    """The app's events, sent by that dispatcher."""

    dispatcher_cls = f"{__name__}:EventDispatcher"
