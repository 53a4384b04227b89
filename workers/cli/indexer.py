"""The command that runs the indexer."""

import os
import signal
import threading
from types import FrameType

from models.database import engine
from models.settings import get_settings
from tasks.search.indexer import run_indexer
from workers.local.index_folder import search_folder
from workers.local.preflight import try_settings
from workers.logging.configure import configure_logs
from workers.telemetry.start import begin_telemetry, end_telemetry

# Below the processes that answer readers: an index may be a moment behind.
_NICE = 5


def indexer() -> None:
    """Update the search index continuously until SIGTERM.

    A second indexer of the same folder waits to take over.
    """
    try_settings(get_settings())
    configure_logs()
    begin_telemetry("indexer")
    engine()  # raises DatabaseMissing; otherwise each of its steps would fail
    os.nice(_NICE)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    run_indexer(search_folder(), ended)
    end_telemetry()
