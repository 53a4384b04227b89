"""Runs `overheard` with something of it altered: `python -m tests.servers.altered JSON WORDS…`.

The JSON is an object of dotted names and the values that they get. Six names stand for more:
`clock` steps what this process and its children believe the time to be, by so many seconds (there
is no libfaketime here: `time.time`, and `datetime.now`, `utcnow` and `today` as Python code calls
them; file times and monotonic clocks stay), `copies` sends every message so often,
`transport` sets options of the broker connection, `nap` lets every transcript take so many
seconds longer to be read, `deaf` lets whoever reads one hear no SIGQUIT any more, and `farewell`
lets a worker hang for so many seconds in its own end.
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
    plain = app._transport_options
    app._transport_options = lambda settings: plain(settings) | options


def _nap(seconds: float) -> None:
    _before_reading(lambda: time.sleep(seconds))


def _be_deaf() -> None:
    _before_reading(lambda: signal.signal(signal.SIGQUIT, signal.SIG_IGN))


def _before_reading(happens: Callable[[], object]) -> None:
    reading: Any = importlib.import_module("tasks.ingest.episode")
    plain = reading.parse_transcript

    def parse(*words: Any, **more: Any) -> Any:
        happens()
        return plain(*words, **more)

    reading.parse_transcript = parse


def _step_clock(seconds: float) -> None:
    plain = time.time

    class Stepped(dt.datetime):
        """Now is another time."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return dt.datetime.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)

    time.time = lambda: plain() + seconds
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("celery", "kombu", "billiard")):
            if getattr(module, "datetime", None) is dt.datetime:
                module.datetime = Stepped  # type: ignore[attr-defined]
            for name in ("time", "_time"):
                if getattr(module, name, None) is plain:
                    setattr(module, name, time.time)


def _send_copies(copies: int) -> None:
    channel: Any = Channel
    plain = channel.basic_publish

    def publish(self: Any, message: Any, exchange: Any, routing_key: Any, **more: Any) -> Any:
        times = copies if exchange != "celery.pidbox" and "reply" not in str(exchange) else 1
        for _ in range(times - 1):
            plain(self, dict(message, properties=dict(message["properties"])), exchange,
                  routing_key, **more)  # fmt: skip
        return plain(self, message, exchange, routing_key, **more)

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
