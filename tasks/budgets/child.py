"""The child process that reads foreign bytes: one document after the other, each with a budget.

Run as ``python -m tasks.budgets.child MEMORY_BYTES``. It reads requests from its standard input and
ends with it, so it never outlives its parent for longer than one document. The kernel enforces the
budget: beyond RLIMIT_CPU it kills this process, beyond RLIMIT_AS it gives no more memory.
"""

import gc
import os
import pickle
import resource
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from tasks.budgets.frames import PipeClosed, read_frame, write_frame
from tasks.budgets.values import OverBudget

# The parent, which has no limit of its own, unpickles a result.
MAX_REPLY_BYTES = 64_000_000

_SIZES = Path("/proc/self/statm")


def main(memory_bytes: int) -> None:
    """Answer requests until standard input ends."""
    replies = os.dup(1)
    os.dup2(2, 1)  # what libraries print must not get among the replies
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent
    gc.disable()  # between documents instead, where nobody waits
    _limit_memory(memory_bytes)
    with suppress(PipeClosed):
        while True:
            write_frame(replies, _reply_to(read_frame(0)))
            gc.collect(1)


def _limit_memory(memory_bytes: int) -> None:
    """Allow so many bytes beyond what the process has now; dump no core when it is killed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _SIZES.exists():  # macOS does not enforce the limit
        has = int(_SIZES.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + memory_bytes, resource.RLIM_INFINITY))


def _limit_processor_time(seconds: int) -> None:
    """Allow so many seconds more; the kernel counts those of the whole life of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))


def _reply_to(request: bytes) -> bytes:
    try:
        modules = len(sys.modules)
        seconds, function, args, kwargs = pickle.loads(request)  # noqa: S301  from our parent
        if len(sys.modules) > modules:  # the function's own: they stay
            gc.freeze()
        _limit_processor_time(seconds)
        return _pickled(function(*args, **kwargs), None)
    except MemoryError:
        return _pickled(None, OverBudget("reading it takes too much memory"))
    except Exception as error:  # noqa: BLE001  the parent raises it
        error.add_note(traceback.format_exc())
        return _pickled(None, error)


def _pickled(result: Any, error: Exception | None) -> bytes:
    pickled = pickle.dumps((result, error), pickle.HIGHEST_PROTOCOL)
    if len(pickled) > MAX_REPLY_BYTES:
        return _pickled(None, OverBudget("what was read from it is too large"))
    return pickled


if __name__ == "__main__":
    main(int(sys.argv[1]))
