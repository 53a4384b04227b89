"""Traces and error reports of beat, and of the processes that run tasks.

The main process of a worker has none: it may have no thread when it forks
(workers/worker/heartbeat.py).
"""

from typing import Any

from celery.signals import beat_init, worker_process_init, worker_process_shutdown

from workers.telemetry.start import begin_telemetry, end_telemetry


@worker_process_init.connect
def _on_process_start(**_: Any) -> None:
    begin_telemetry("worker")


@worker_process_shutdown.connect
def _on_process_exit(**_: Any) -> None:
    end_telemetry()


@beat_init.connect
def _on_beat_start(**_: Any) -> None:
    begin_telemetry("beat")
