"""Beat at SIGTERM."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import Celery

from workers.worker.beat import Beat, Scheduler


@contextmanager
def own_handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_beat_ends_though_the_exception_is_lost() -> None:
    """As it is where the signal arrives in a destructor: Python prints it, and goes on."""
    app = Celery(set_as_current=False)
    beat = Beat(app=app, quiet=True, scheduler_cls=Scheduler)
    service = beat.Service(app=app, scheduler_cls=Scheduler)
    with own_handlers():
        beat.install_sync_handler(service)
        with pytest.raises(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)
        service.start()  # returns, instead of sending ticks for ever
