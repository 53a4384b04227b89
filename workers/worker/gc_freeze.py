"""What is loaded once is kept out of the garbage collector's way.

A worker holds some 140,000 objects that live as long as itself: modules, classes, compiled
expressions. Without this, each full collection looks through all of them, and a process that was
forked copies every page on which one of them lies.
"""

import gc
from typing import Any

from celery.signals import worker_before_create_process


@worker_before_create_process.connect
def _before_the_first_fork(**_: Any) -> None:
    if not gc.get_freeze_count():
        freeze_loaded_objects()


def freeze_loaded_objects() -> None:
    """From here on only what is made later is looked through for garbage."""
    gc.collect()
    gc.freeze()
