"""Freezes long-lived objects, so that the garbage collector skips them (``gc.freeze``).

A worker has some 140,000 objects that live as long as itself: modules, classes, compiled
expressions. Otherwise each full collection visits all of them, and a forked process copies every
page that has one of them.
"""

import gc
from typing import Any

from celery.signals import worker_before_create_process


@worker_before_create_process.connect
def _freeze_before_first_fork(**_: Any) -> None:
    if not gc.get_freeze_count():
        freeze_loaded_objects()


def freeze_loaded_objects() -> None:
    """Exclude all objects that exist now from garbage collection."""
    gc.collect()
    gc.freeze()
