"""Messages between a process and its child: a length of eight bytes, then so many bytes."""

import os
import select
import time

_LENGTH_BYTES = 8
_CHUNK_BYTES = 1 << 20


class PipeClosed(Exception):
    """The process at the other end has closed the pipe, or has died."""


class PipeTimeout(Exception):
    """No bytes came in time."""


def write_frame(pipe: int, message: bytes) -> None:
    """Write a message.

    Raises:
        PipeClosed: nobody reads it.
    """
    rest = memoryview(len(message).to_bytes(_LENGTH_BYTES, "big") + message)
    try:
        while rest:
            rest = rest[os.write(pipe, rest) :]
    except BrokenPipeError as broken:
        raise PipeClosed from broken


def read_frame(pipe: int, *, within_seconds: float | None = None) -> bytes:
    """Read a message; without a time limit, wait for ever.

    Raises:
        PipeClosed: the pipe ends before the message does.
        PipeTimeout: the message did not come within the time.
    """
    until = None if within_seconds is None else time.monotonic() + within_seconds
    length = int.from_bytes(_read(pipe, _LENGTH_BYTES, until), "big")
    return _read(pipe, length, until)


def _read(pipe: int, length: int, until: float | None) -> bytes:
    message = bytearray()
    while len(message) < length:
        if until is not None:
            _wait(pipe, until - time.monotonic())
        chunk = os.read(pipe, min(length - len(message), _CHUNK_BYTES))
        if not chunk:
            raise PipeClosed
        message += chunk
    return bytes(message)


def _wait(pipe: int, seconds: float) -> None:
    poll = select.poll()  # and not select(), which takes no descriptor above 1,023
    poll.register(pipe, select.POLLIN)
    if not poll.poll(max(seconds, 0) * 1000):
        raise PipeTimeout
