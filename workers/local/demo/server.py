"""HTTP server of the demo world on loopback, as a process or in a thread."""

import argparse
import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future

from workers.local.demo.files import File, load_files
from workers.local.demo.responses import respond

HOST = "127.0.0.1"

# A client has to send its request head within this many seconds.
HEAD_SECONDS = 10


def serve(port: int = 0) -> None:
    """Serve until SIGINT or SIGTERM, and print the base URL; port 0 means any free port.

    Raises:
        OSError: the port is in use.
    """
    asyncio.run(_serve_until_signalled(port))


@contextlib.contextmanager
def demo_world(port: int = 0) -> Iterator[str]:
    """Serve the world from a thread of this process; yields the base URL, without a slash.

    Raises:
        OSError: the port is in use.
    """
    started: Future[tuple[str, Callable[[], None]]] = Future()
    thread = threading.Thread(target=_run_in_thread, args=(port, started), name="demo-world")
    thread.start()
    try:
        base_url, stop = started.result()
        try:
            yield base_url
        finally:
            stop()
    finally:
        thread.join()


def _run_in_thread(port: int, started: "Future[tuple[str, Callable[[], None]]]") -> None:
    async def run() -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(stopped.set)

        await _serve(port, stopped, lambda base_url: started.set_result((base_url, stop)))

    try:
        asyncio.run(run())
    except OSError as error:
        started.set_exception(error)


async def _serve_until_signalled(port: int) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await _serve(port, stopped, _print_url)


def _print_url(base_url: str) -> None:
    sys.stdout.write(f"{base_url}\n")
    sys.stdout.flush()


async def _serve(port: int, stopped: asyncio.Event, ready: Callable[[str], None]) -> None:
    world: dict[str, File] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _handle(reader, writer, world)

    server = await asyncio.start_server(handle, HOST, port)
    async with server:
        base_url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        world.update(load_files(base_url))
        ready(base_url)
        await stopped.wait()


async def _handle(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, world: Mapping[str, File]
) -> None:
    """Respond to one request. A head that is too long, truncated or late ends the connection."""
    gone = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError)
    with contextlib.suppress(*gone):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        writer.write(respond(head, world))
        await writer.drain()
    writer.close()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="workers.local.demo.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) means any free port")
    try:
        serve(parser.parse_args().port)
    except OSError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    _main()
