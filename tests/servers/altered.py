"""Run `overheard` with faults injected: `python -m tests.servers.altered JSON ARGUMENTS…`.

The JSON is an object of dotted names and the values to set. Six names are special:

- `clock` shifts the time of this process and its children by this many seconds (without
  libfaketime: `time.time`, and `datetime.now`, `utcnow` and `today` as Python code calls them; file
  times and monotonic clocks stay);
- `copies` sends every message this many times;
- `transport` sets options of the broker connection;
- `nap` makes the parsing of every transcript take this many seconds longer;
- `deaf` makes the process ignore SIGQUIT from its first parsed transcript on;
- `farewell` makes a worker hang for this many seconds during its shutdown.
"""

import datetime as dt
import faulthandler
import importlib
import json
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from celery.signals import worker_shutdown
from kombu.transport.virtual import Channel


def alter(changes: dict[str, Any]) -> None:
    """Make the changes in this process."""
    if seconds := changes.pop("clock", 0):
        _step_clock(seconds)
    if copies := changes.pop("copies", 0):
        _send_copies(copies)
    if seconds := changes.pop("nap", 0):
        _nap(seconds)
    if changes.pop("deaf", False):
        _be_deaf()
    if seconds := changes.pop("farewell", 0):
        worker_shutdown.connect(lambda **_: time.sleep(seconds), weak=False)
    options = changes.pop("transport", {})
    for name, value in changes.items():
        module, _, attribute = name.rpartition(".")
        setattr(importlib.import_module(module), attribute, value)
    if options:
        _set_transport(options)


def _set_transport(options: dict[str, Any]) -> None:
    app: Any = importlib.import_module("workers.celery_app")
    original = app._transport_options
    app._transport_options = lambda settings: original(settings) | options


def _nap(seconds: float) -> None:
    _before_parsing(lambda: time.sleep(seconds))


def _be_deaf() -> None:
    _before_parsing(lambda: signal.signal(signal.SIGQUIT, signal.SIG_IGN))


def _before_parsing(action: Callable[[], object]) -> None:
    choice: Any = importlib.import_module("tasks.ingest.transcript_choice")
    original = choice._read_within_budget

    def parse(*args: Any, **kwargs: Any) -> Any:
        action()
        return original(*args, **kwargs)

    choice._read_within_budget = parse


def _step_clock(seconds: float) -> None:
    original = time.time

    class Stepped(dt.datetime):
        """A datetime class whose current time is shifted."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return dt.datetime.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)

    time.time = lambda: original() + seconds
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("celery", "kombu", "billiard")):
            if getattr(module, "datetime", None) is dt.datetime:
                module.datetime = Stepped  # type: ignore[attr-defined]
            for name in ("time", "_time"):
                if getattr(module, name, None) is original:
                    setattr(module, name, time.time)


def _send_copies(copies: int) -> None:
    channel: Any = Channel
    original = channel.basic_publish

    def publish(self: Any, message: Any, exchange: Any, routing_key: Any, **kwargs: Any) -> Any:
        times = copies if exchange != "celery.pidbox" and "reply" not in str(exchange) else 1
        for _ in range(times - 1):
            copy = dict(message, properties=dict(message["properties"]))
            original(self, copy, exchange, routing_key, **kwargs)
        return original(self, message, exchange, routing_key, **kwargs)

    channel.basic_publish = publish


if __name__ == "__main__":
    import workers.cli.main
    from workers.cli.lazy_group import lazy_commands

    faulthandler.register(signal.SIGUSR1)  # where a process hangs
    changes = json.loads(sys.argv.pop(1))
    if command := dict(lazy_commands()).get(sys.argv[1]):
        command.load()  # what it imports is altered, too
    alter(changes)
    workers.cli.main.main()
