"""The trace of a correlation id: all that one tick, command or request caused is one trace. Pure.

A trace id is computed and not drawn, so that it needs no column: a job that is retried days later
is in the trace of the tick that found its episode.
"""

from hashlib import sha256


def trace_id_of(correlation_id: str) -> int:
    """The trace id of a correlation id: 128 bits, evenly distributed as samplers need them."""
    return int.from_bytes(sha256(correlation_id.encode()).digest()[:16], "big")
