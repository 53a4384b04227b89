"""Loaded objects are frozen, so that the garbage collector skips them."""

import json
import subprocess
import sys

# In its own process: a test runner has many short-lived objects that would be frozen, too.
_WORKER_START = """
import gc, json
from celery.signals import worker_before_create_process
import workers.worker.gc_freeze

def frozen():
    worker_before_create_process.send(sender=None)
    return gc.get_freeze_count()

gc.disable()
at_first = gc.get_freeze_count()
before_first_fork = frozen()
made_later = [[] for _ in range(1_000)]
print(json.dumps([at_first, before_first_fork, frozen()]))
"""


def test_loaded_objects_are_frozen_once_before_first_fork() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _WORKER_START], capture_output=True, check=True, text=True
    )
    at_first, before_first_fork, before_second_fork = json.loads(result.stdout)
    assert at_first == 0
    assert before_first_fork > 10_000
    assert before_second_fork < before_first_fork + 1_000
