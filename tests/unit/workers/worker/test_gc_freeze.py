"""What a worker has loaded is not looked through for garbage again."""

import json
import subprocess
import sys

# In a process of its own: what is kept may still be dropped, and a test runner drops much.
_A_WORKER_STARTS = """
import gc, json
from celery.signals import worker_before_create_process
import workers.worker.gc_freeze

def kept():
    worker_before_create_process.send(sender=None)
    return gc.get_freeze_count()

gc.disable()
at_first = gc.get_freeze_count()
before_the_first_fork = kept()
made_later = [[] for _ in range(1_000)]
print(json.dumps([at_first, before_the_first_fork, kept()]))
"""


def test_loaded_objects_are_frozen_once_before_first_fork() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _A_WORKER_STARTS], capture_output=True, check=True, text=True
    )
    at_first, before_the_first_fork, before_the_second = json.loads(told.stdout)
    assert at_first == 0
    assert before_the_first_fork > 10_000
    assert before_the_second < before_the_first_fork + 1_000
