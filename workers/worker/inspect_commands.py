"""What a worker says of itself when it is asked over the broker: its queues and its clock."""

import time
from typing import Any

from celery.worker.control import inspect_command


@inspect_command()
def overheard_state(state: Any, **_: Any) -> dict[str, Any]:
    """The queues that this worker takes from, and its time (seconds since 1970)."""
    queues = [name for name in state.app.amqp.queues.consume_from if not name.startswith("pulse.")]
    return {"queues": queues, "time": time.time()}
