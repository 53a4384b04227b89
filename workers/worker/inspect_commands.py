"""The inspect command ``overheard_state``, by which a worker reports its queues and clock."""

import time
from typing import Any

from celery.worker.control import inspect_command

from workers.worker.heartbeat import QUEUE_PREFIX


@inspect_command()
def overheard_state(state: Any, **_: Any) -> dict[str, Any]:
    """The queues that this worker reads, and its time in seconds since 1970."""
    queues = state.app.amqp.queues.consume_from
    return {
        "queues": [name for name in queues if not name.startswith(QUEUE_PREFIX)],
        "time": time.time(),
    }
