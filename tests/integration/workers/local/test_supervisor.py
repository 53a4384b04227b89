"""The supervisor with real processes: output, restarts, shutdown and kills."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import workers.local.supervisor
from workers.local.supervisor import ProcessSpec, Supervisor

pytestmark = pytest.mark.slow

PYTHON = sys.executable
# Its argument is a directory. It writes its pid there, starts a child, and exits on SIGTERM.
POLITE = """
import os, pathlib, signal, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
(folder / "child").write_text(str(child.pid))
def end(*_):
    child.kill()
    child.wait()
    (folder / "polite").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / "main").write_text(str(os.getpid()))
print("ready", flush=True)
time.sleep(600)
"""
STUBBORN = POLITE.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(15, signal.SIG_IGN)")
# Imported as a file: the package imports Celery and the models, which takes longer than the test.
SUPERVISING = f"""
import sys
sys.path.insert(0, {str(Path(workers.local.supervisor.__file__).parent)!r})
from supervisor import ProcessSpec, Supervisor
spec = ProcessSpec("one", [sys.executable, "-S", "-c", sys.argv[1], sys.argv[2]])
sys.exit(Supervisor([spec], grace=float(sys.argv[3])).run())
"""


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def pid_in(folder: Path, name: str) -> int:
    eventually(lambda: (folder / name).exists() and (folder / name).read_text())
    return int((folder / name).read_text())


def script(source: str, folder: Path) -> list[str]:
    return [PYTHON, "-S", "-c", source, str(folder)]


@pytest.fixture
def supervise() -> Iterator[Callable[..., tuple[Supervisor, io.BytesIO]]]:
    started: list[Supervisor] = []

    def start(*specs: ProcessSpec, **options: float) -> tuple[Supervisor, io.BytesIO]:
        stream = io.BytesIO()
        supervisor = Supervisor(specs, stream=stream, coloured=False, **options)
        supervisor.start()
        started.append(supervisor)
        return supervisor, stream

    yield start
    for supervisor in started:
        supervisor.kill()
        supervisor.stop()


Supervise = Callable[..., tuple[Supervisor, io.BytesIO]]


def test_output_lines_are_prefixed_with_process_name(supervise: Supervise) -> None:
    loop = "import sys, time\nprint(sys.argv[1]); time.sleep(600)"
    _, stream = supervise(
        ProcessSpec("a", [PYTHON, "-S", "-c", loop, "first"]),
        ProcessSpec("beat", [PYTHON, "-S", "-c", loop, "second"]),
    )
    eventually(lambda: stream.getvalue().count(b"\n") == 2)
    assert sorted(stream.getvalue().splitlines()) == [b"a    | first", b"beat | second"]


def test_process_gets_environment_of_its_spec(supervise: Supervise) -> None:
    show = "import os, time\nprint(os.environ['QUEUES'], flush=True); time.sleep(600)"
    _, stream = supervise(ProcessSpec("a", [PYTHON, "-S", "-c", show], {"QUEUES": "poll,parse"}))
    eventually(lambda: b"a | poll,parse\n" in stream.getvalue())


def test_crashed_process_is_restarted_and_logged(supervise: Supervise, tmp_path: Path) -> None:
    supervisor, stream = supervise(ProcessSpec("a", script(POLITE, tmp_path)))
    first = pid_in(tmp_path, "main")
    (tmp_path / "main").unlink()
    os.kill(first, signal.SIGKILL)
    second = pid_in(tmp_path, "main")
    assert second != first
    assert b"exited with code 137, restarts in 1 s" in stream.getvalue()
    assert supervisor.is_alive()


def test_children_of_crashed_process_are_killed(supervise: Supervise, tmp_path: Path) -> None:
    supervise(ProcessSpec("a", script(POLITE, tmp_path)))
    main, child = pid_in(tmp_path, "main"), pid_in(tmp_path, "child")
    os.kill(main, signal.SIGKILL)
    eventually(lambda: not is_running(child))


def test_missing_command_is_logged_and_others_keep_running(
    supervise: Supervise, tmp_path: Path
) -> None:
    _, stream = supervise(
        ProcessSpec("a", [str(tmp_path / "nowhere")]), ProcessSpec("b", script(POLITE, tmp_path))
    )
    eventually(lambda: b"cannot be started: No such file or directory" in stream.getvalue())
    assert is_running(pid_in(tmp_path, "main"))


def test_stop_lets_processes_exit_by_themselves(supervise: Supervise, tmp_path: Path) -> None:
    supervisor, _ = supervise(ProcessSpec("a", script(POLITE, tmp_path)))
    child = pid_in(tmp_path, "child")
    pid_in(tmp_path, "main")
    assert supervisor.stop() == 0
    assert (tmp_path / "polite").exists()
    assert not is_running(child)
    assert not supervisor.is_alive()


def test_stop_kills_process_group_after_grace_period(supervise: Supervise, tmp_path: Path) -> None:
    supervisor, _ = supervise(ProcessSpec("a", script(STUBBORN, tmp_path)), grace=0.2)
    main, child = pid_in(tmp_path, "main"), pid_in(tmp_path, "child")
    assert supervisor.stop() == 1
    eventually(lambda: not is_running(main) and not is_running(child))


def test_stop_during_restart_delay_is_immediate(supervise: Supervise) -> None:
    supervisor, stream = supervise(ProcessSpec("a", [PYTHON, "-S", "-c", "raise SystemExit(3)"]))
    eventually(lambda: b"exited with code 3" in stream.getvalue())
    started_at = time.monotonic()
    assert supervisor.stop() == 0
    assert time.monotonic() - started_at < 0.5


def start_command(source: str, folder: Path, grace: float) -> "subprocess.Popen[bytes]":
    argv = [PYTHON, "-c", SUPERVISING, source, str(folder), str(grace)]
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL)


def ending_signals() -> list[signal.Signals]:
    under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if under_nohup else [signal.SIGHUP])]


@pytest.mark.parametrize("number", ending_signals())
def test_signal_stops_processes_in_order(tmp_path: Path, number: signal.Signals) -> None:
    command = start_command(POLITE, tmp_path, grace=20)
    main = pid_in(tmp_path, "main")
    command.send_signal(number)
    assert command.wait(timeout=20) == 0
    assert (tmp_path / "polite").exists()
    assert not is_running(main)


def test_second_signal_kills_all_at_once(tmp_path: Path) -> None:
    command = start_command(STUBBORN, tmp_path, grace=600)
    main, child = pid_in(tmp_path, "main"), pid_in(tmp_path, "child")
    command.send_signal(signal.SIGINT)
    with pytest.raises(
        subprocess.TimeoutExpired
    ):  # the first signal waits for the stubborn process
        command.wait(timeout=0.3)
    command.send_signal(signal.SIGINT)
    command.wait(timeout=20)
    eventually(lambda: not is_running(main) and not is_running(child))


@pytest.mark.parametrize("source", [POLITE, STUBBORN])
def test_no_process_survives_killed_supervisor(tmp_path: Path, source: str) -> None:
    command = start_command(source, tmp_path, grace=20)
    main, child = pid_in(tmp_path, "main"), pid_in(tmp_path, "child")
    command.kill()
    command.wait(timeout=20)
    eventually(lambda: not is_running(main) and not is_running(child))


def test_colour_applies_to_process_name_only() -> None:
    stream = io.BytesIO()
    spec = ProcessSpec("a", [PYTHON, "-S", "-c", "print('hello'); import time; time.sleep(600)"])
    supervisor = Supervisor([spec], stream=stream, coloured=True)
    supervisor.start()
    try:
        eventually(lambda: stream.getvalue().endswith(b"\n"))
        assert stream.getvalue() == b"\x1b[36ma | \x1b[0mhello\n"
    finally:
        supervisor.kill()
        supervisor.stop()
