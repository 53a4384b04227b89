"""Supervisor of several processes: merged output, restarts, orderly shutdown."""

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

# More than a worker needs at most to shut down (workers/worker/graceful_shutdown.py).
GRACE_SECONDS = 40.0
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # a process that ran this long is restarted without delay
WATCH_SECONDS = 5.0
LINE_BYTES = 65_536  # a longer line is split
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
GUARD = Path(__file__).with_name("process_guard.py")


@dataclass(frozen=True)
class ProcessSpec:
    """A process to run: its name in the output, its command, and additional environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class Output:
    """Writes whole lines of all processes, each with its process's name in front."""

    def __init__(self, names: Sequence[str], stream: BinaryIO, *, coloured: bool) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        width = max((len(name) for name in names), default=0)
        self._prefixes = {
            name: _prefix(name.ljust(width), COLOURS[i % len(COLOURS)] if coloured else None)
            for i, name in enumerate(names)
        }

    def write(self, name: str, line: bytes) -> None:
        """Write a line. If the stream is closed, drop it: the processes must go on."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(self._prefixes[name] + line.rstrip(b"\r\n") + b"\n")
            self._stream.flush()


def _prefix(name: str, colour: int | None) -> bytes:
    text = f"{name} | "
    return (text if colour is None else f"\x1b[{colour}m{text}\x1b[0m").encode()


class _SupervisedProcess:
    """One process, started and restarted by a thread of its own."""

    def __init__(self, spec: ProcessSpec, output: Output) -> None:
        self.spec = spec
        self._output = output
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._state_lock = threading.Lock()
        self.thread = threading.Thread(
            target=self._run_until_stopped, name=f"run {spec.name}", daemon=True
        )

    @property
    def pid(self) -> int | None:
        """The process group of the process while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def is_stopping(self) -> bool:
        """Whether the process has to end, and is not restarted."""
        return self._stopping.is_set()

    def terminate(self) -> None:
        """Send SIGTERM to the process, and do not restart it."""
        self._stopping.set()
        with self._state_lock:
            pid = self.pid
            if pid is not None:
                os.kill(pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process and its children. Takes no lock, so that signal handlers may call it."""
        pid = self.pid
        if pid is not None:
            _kill_group(pid)

    def _run_until_stopped(self) -> None:
        crashes = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                break
            crashes = 0 if time.monotonic() - started > STEADY_SECONDS else crashes + 1
            pause = RESTART_SECONDS[min(crashes, len(RESTART_SECONDS)) - 1] if crashes else 0.0
            self._log(f"exited with code {code}, restarts in {pause:g} s")
            self._stopping.wait(pause)

    def _run_once(self) -> int | None:
        with self._state_lock:
            if self._stopping.is_set():
                return None
            self._process = process = _spawn(self.spec)
        reader = threading.Thread(target=self._read, args=[process], daemon=True)
        reader.start()
        code = self._reap(process)
        reader.join(timeout=5)  # a child that left the group may have the pipe open for longer
        return code

    def _reap(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait for a process to end and kill its remaining children; its exit code."""
        if hasattr(os, "waitid"):  # macOS has it since Python 3.13
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            with self._state_lock:  # until it is reaped, its pid cannot be reused
                _kill_group(process.pid)
                process.wait()
        code = process.wait()
        if process.stdin is not None:
            process.stdin.close()
        return code

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None  # noqa: S101 (Popen got a pipe)
        with process.stdout as lines:
            while line := lines.readline(LINE_BYTES):
                self._output.write(self.spec.name, line)

    def _log(self, text: str) -> None:
        self._output.write(self.spec.name, f"-- {self.spec.name} {text}".encode())


class Supervisor:
    """Runs processes until it is stopped; they never outlive it, not even after SIGKILL."""

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
        self._processes = [_SupervisedProcess(spec, output) for spec in specs]
        self._grace = grace
        self._received: queue.SimpleQueue[int] = queue.SimpleQueue()  # safe in a signal handler
        self._signals = 0

    def start(self) -> None:
        """Start the processes that are not started yet."""
        for process in self._processes:
            if process.thread.ident is None:
                process.thread.start()

    def is_alive(self) -> bool:
        """Whether every process is running now."""
        return all(process.pid is not None for process in self._processes)

    @property
    def is_stopping(self) -> bool:
        """Whether the processes have to end."""
        return all(process.is_stopping for process in self._processes)

    def pids(self) -> dict[str, int]:
        """The process groups of the running processes, by name."""
        return {p.spec.name: p.pid for p in self._processes if p.pid is not None}

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all have ended after stop() or kill(); ``False`` after the timeout."""
        deadline = None if timeout is None else time.monotonic() + timeout
        for process in self._processes:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if process.thread.ident is not None:
                process.thread.join(left)
        return not any(process.thread.is_alive() for process in self._processes)

    def stop(self) -> int:
        """Terminate all processes, and kill those that have not ended after the grace period.

        Returns:
            An exit code: 0 if all ended by themselves, 1 if some had to be killed.
        """
        for process in self._processes:
            process.terminate()
        if self.wait(self._grace):
            return 0
        self.kill()
        self.wait()
        return 1

    def kill(self) -> None:
        """Kill all processes with their children."""
        for process in self._processes:
            process.kill()

    def run(
        self,
        watch: Callable[[], None] | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> int:
        """Run until SIGINT, SIGTERM or SIGHUP, then stop; a second signal kills at once.

        Call it from the main thread. ``watch`` is called every few seconds. ``on_start`` is called
        once signals are handled, so that it may invite the user to press Ctrl-C.

        Returns:
            An exit code, as stop() does.
        """
        with self._signal_handlers():
            try:
                self.start()
                if on_start is not None:
                    on_start()
                self._serve(watch)
            finally:
                code = self.stop()
            return code

    def _serve(self, watch: Callable[[], None] | None) -> None:
        while True:
            with contextlib.suppress(queue.Empty):
                self._received.get(timeout=None if watch is None else WATCH_SECONDS)
                return
            if watch is not None:
                watch()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._received.put(number)
        if self._signals > 1:
            self.kill()

    @contextmanager
    def _signal_handlers(self) -> Iterator[None]:
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            numbers.append(signal.SIGHUP)
        before = [signal.signal(number, self._on_signal) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def _spawn(spec: ProcessSpec) -> "subprocess.Popen[bytes]":
    """Start a process under its guard, as the leader of a process group.

    In its own group it does not get the terminal's Ctrl-C: the supervisor alone stops it.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), *spec.argv],
        env={**os.environ, "PYTHONUNBUFFERED": "1", **spec.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
