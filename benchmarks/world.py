"""A podcast world over HTTP for measurements: the shared one if present, else a generated one.

`python -m benchmarks.world` serves the generated one and prints its URL.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from aiohttp import web

from benchmarks.invented import episode, people
from benchmarks.sizes import is_smallest, size

SHOWS, EPISODES, SEGMENTS = size(8, 2), size(60, 5), 250
NAMESPACE = "https://podcastindex.org/namespace/1.0"


def shared_folder() -> Path | None:
    """The folder of the shared test data, if present."""
    named = os.environ.get("OVERHEARD_SHARED")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared"
    return folder if (folder / "world" / "serve.py").exists() else None


@contextlib.contextmanager
def served_world() -> Iterator[tuple[str, str]]:
    """Serve a world in a process of its own: its name and its base URL."""
    shared = None if is_smallest() else shared_folder()
    if shared:
        command = [sys.executable, str(shared / "world" / "serve.py"), "--port", "0"]
    else:
        command = [sys.executable, "-m", "benchmarks.world"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline().strip()
            yield line.rpartition(" on ")[0], line.rpartition(" ")[2]
        finally:
            server.terminate()


@cache
def _transcript(show: int, number: int) -> bytes:
    segments = episode(show * 1000 + number, SEGMENTS, people(40, seed=show))
    rows = [
        {
            "speaker": segment.label,
            "startTime": (segment.start_ms or 0) / 1000,
            "endTime": (segment.end_ms or 0) / 1000,
            "body": segment.text,
        }
        for segment in segments
    ]
    return json.dumps({"version": "1.0.0", "segments": rows}).encode()


def _feed(show: int, base: str) -> str:
    items = "".join(
        f"<item><title>Episode {number}</title><guid>{show}-{number}</guid>"
        f"<pubDate>Mon, 01 Jan 2024 {number % 24:02}:00:00 GMT</pubDate>"
        f'<enclosure url="{base}/audio/{show}/{number}.mp3" length="1" type="audio/mpeg"/>'
        f'<podcast:transcript url="{base}/t/{show}/{number}" type="application/json"/></item>'
        for number in range(EPISODES)
    )
    return (
        f'<rss version="2.0" xmlns:podcast="{NAMESPACE}"><channel><title>Show {show}</title>'
        f"{items}</channel></rss>"
    )


def _app() -> web.Application:
    async def opml(request: web.Request) -> web.Response:
        urls = [f"http://{request.host}/feeds/{show}.xml" for show in range(SHOWS)]
        rows = "".join(f'<outline type="rss" xmlUrl="{escape(url)}"/>' for url in urls)
        return web.Response(text=f'<opml version="2.0"><body>{rows}</body></opml>')

    async def feed(request: web.Request) -> web.Response:
        text = _feed(int(request.match_info["show"]), f"http://{request.host}")
        return web.Response(text=text, content_type="application/rss+xml")

    async def transcript(request: web.Request) -> web.Response:
        body = _transcript(int(request.match_info["show"]), int(request.match_info["number"]))
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/opml.xml", opml)
    app.router.add_get("/feeds/{show}.xml", feed)
    app.router.add_get("/t/{show}/{number}", transcript)
    return app


def _serve() -> None:
    for show in range(SHOWS):
        for number in range(EPISODES):
            _transcript(show, number)  # made before it is measured

    runner = web.AppRunner(_app())

    async def serve() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        total = f"{SHOWS} invented shows, {SHOWS * EPISODES} episodes"
        print(f"{total} on http://127.0.0.1:{port}", flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    _serve()
