"""Runs several processes as one: merged output, restarts after crashes, an orderly end for all."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import BinaryIO

# Above what a worker takes to end at the most (workers/worker/graceful_shutdown.py).
GRACE_SECONDS = 40.0
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # a process that ran for so long starts again without a pause
WATCH_SECONDS = 5.0
LINE_BYTES = 65_536  # a longer line is shown in pieces
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
LIFELINE = Path(__file__).with_name("process_guard.py")


@dataclass(frozen=True)
class ProcessSpec:
    """A process to keep alive: its name in the output, its command, and what to add to its env."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class Output:
    """Writes the lines of all processes, whole and each under its name."""

    def __init__(self, names: Sequence[str], stream: BinaryIO, *, coloured: bool) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        width = max((len(name) for name in names), default=0)
        self._prefixes = {
            name: _prefix(name.ljust(width), COLOURS[i % len(COLOURS)] if coloured else None)
            for i, name in enumerate(names)
        }

    def write(self, name: str, line: bytes) -> None:
        """Write a line. When nobody reads any more it is dropped: the processes must go on."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(self._prefixes[name] + line.rstrip(b"\r\n") + b"\n")
            self._stream.flush()


def _prefix(name: str, colour: int | None) -> bytes:
    text = f"{name} | "
    return (text if colour is None else f"\x1b[{colour}m{text}\x1b[0m").encode()


class _Kept:
    """One process that is kept alive, in a thread of its own."""

    def __init__(self, spec: ProcessSpec, output: Output) -> None:
        self.spec = spec
        self._output = output
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        self.thread = threading.Thread(target=self._keep, name=f"keep {spec.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process group of the process, while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def terminate(self) -> None:
        """Ask the process to end, and do not start it again."""
        self._stopping.set()
        with self._changing:
            pid = self.pid
            if pid is not None:
                os.kill(pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process and all of its children now. Takes no lock: for signal handlers too."""
        pid = self.pid
        if pid is not None:
            _kill_group(pid)

    def _keep(self) -> None:
        crashes = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                break
            crashes = 0 if time.monotonic() - started > STEADY_SECONDS else crashes + 1
            pause = RESTART_SECONDS[min(crashes, len(RESTART_SECONDS)) - 1] if crashes else 0.0
            self._say(f"ended with exit code {code}, starts again in {pause:g} s")
            self._stopping.wait(pause)

    def _run_once(self) -> int | None:
        with self._changing:
            if self._stopping.is_set():
                return None
            self._process = process = _spawn(self.spec)
        reader = threading.Thread(target=self._read, args=[process], daemon=True)
        reader.start()
        code = self._reap(process)
        reader.join(timeout=5)  # somebody who left the group may hold the pipe for longer
        return code

    def _reap(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait for the end of a process and end what it left behind; returns its exit code."""
        if hasattr(os, "waitid"):  # macOS has it since Python 3.13
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            with self._changing:  # until it is reaped, its number can be nobody else's
                _kill_group(process.pid)
                process.wait()
        code = process.wait()
        if process.stdin is not None:
            process.stdin.close()
        return code

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        with process.stdout as lines:
            while line := lines.readline(LINE_BYTES):
                self._output.write(self.spec.name, line)

    def _say(self, text: str) -> None:
        self._output.write(self.spec.name, f"-- {self.spec.name} {text}".encode())


class Supervisor:
    """Keeps processes alive until it is told to stop; they never outlive it, not even SIGKILL."""

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        grace: float = GRACE_SECONDS,
        stream: BinaryIO | None = None,
        coloured: bool | None = None,
    ) -> None:
        if coloured is None:
            coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        names = [spec.name for spec in specs]
        output = Output(names, stream or sys.stdout.buffer, coloured=coloured)
        self._kept = [_Kept(spec, output) for spec in specs]
        self._grace = grace
        self._asked: queue.SimpleQueue[int] = queue.SimpleQueue()  # safe in a signal handler
        self._signals = 0

    def start(self) -> None:
        """Start the processes that are not started yet, and return."""
        for kept in self._kept:
            if kept.thread.ident is None:
                kept.thread.start()

    def is_alive(self) -> bool:
        """Whether every process is running at this moment."""
        return all(kept.pid is not None for kept in self._kept)

    def pids(self) -> dict[str, int]:
        """The running processes: their process groups by name."""
        return {kept.spec.name: kept.pid for kept in self._kept if kept.pid is not None}

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all have ended after stop() or kill(); False when the time is over first."""
        deadline = None if timeout is None else time.monotonic() + timeout
        for kept in self._kept:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if kept.thread.ident is not None:
                kept.thread.join(left)
        return not any(kept.thread.is_alive() for kept in self._kept)

    def stop(self) -> int:
        """Ask all to end, and kill after the grace period what has not.

        Returns:
            An exit code: 0 when all ended by themselves, 1 when some had to be killed.
        """
        for kept in self._kept:
            kept.terminate()
        if self.wait(self._grace):
            return 0
        self.kill()
        self.wait()
        return 1

    def kill(self) -> None:
        """End all now, with all of their children."""
        for kept in self._kept:
            kept.kill()

    def run(
        self,
        watch: Callable[[], None] | None = None,
        say_ready: Callable[[], None] | None = None,
    ) -> int:
        """Start, serve until SIGINT, SIGTERM or SIGHUP, and stop; a second signal kills at once.

        Call it from the main thread. `watch` is called every few seconds meanwhile, `say_ready`
        once signals are taken: whoever is told of Ctrl-C may press it at once.

        Returns:
            An exit code, as stop() does.
        """
        with self._signal_handlers():
            try:
                self.start()
                if say_ready is not None:
                    say_ready()
                self._serve(watch)
            finally:
                code = self.stop()
            return code

    def _serve(self, watch: Callable[[], None] | None) -> None:
        while True:
            with contextlib.suppress(queue.Empty):
                self._asked.get(timeout=None if watch is None else WATCH_SECONDS)
                return
            if watch is not None:
                watch()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._asked.put(number)
        if self._signals > 1:
            self.kill()

    @contextmanager
    def _signal_handlers(self) -> Iterator[None]:
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # not under nohup
            numbers.append(signal.SIGHUP)
        before = [signal.signal(number, self._on_signal) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def _spawn(spec: ProcessSpec) -> "subprocess.Popen[bytes]":
    """Start a process behind its lifeline, as the leader of a process group.

    The group keeps the terminal's Ctrl-C away: the supervisor alone decides who ends when.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(LIFELINE), *spec.argv],
        env={**os.environ, "PYTHONUNBUFFERED": "1", **spec.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
