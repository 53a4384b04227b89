"""The shared world of 17 real shows (../shared/world), served by its own server process."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.acceptance.worlds import Edit, Edits, url_of

_REPOSITORY = Path(__file__).resolve().parents[2]


class SharedWorld:
    """17 real shows, served by the server that comes with them."""

    name = "shared"
    edits = Edits(
        feed="/feeds/talkpython.xml",
        segment=Edit(
            "/t/talkpython/525-nicegui.vtt",
            "Building a UI in Python usually means",
            "Building a UI in Python always means",
        ),
        segment_guid="talkpython:525-nicegui",
        label=Edit(
            "/t/talkpython/526-building-data-science-with-foundation-llm-models.vtt",
            "<v Michael Kennedy>",
            "<v Michael Q. Kennedy-Somebody>",
        ),
        label_guid="talkpython:526-building-data-science-with-foundation-llm-models",
        republished=(
            Edit("/feeds/talkpython.xml", "<title>530 Anywidget<", "<title>530 Any widget<"),
            Edit("/feeds/talkpython.xml", "/audio/talkpython/530-", "/audio/cdn/v2/530-"),
        ),
        republished_guid="talkpython:530-anywidget",
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        shows = json.loads((folder / "world.json").read_text())["shows"]
        self.feeds = [f"/feeds/{show['slug']}.xml" for show in shows]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the server and wait until it serves."""
        command = [sys.executable, str(self.folder / "serve.py"), "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self.address in self._process.stdout.readline()

    def stop(self) -> None:
        """Stop the server."""
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=10)

    def replace(self, path: str, body: str) -> None:
        """Edit a transcript as its publisher would, or replace another document."""
        if path.startswith("/t/"):
            show, _, file = path.removeprefix("/t/").partition("/")
            command: dict[str, Any] = {"show": show, "episode": Path(file).stem, "transcript": body}
            self._control("/_edit", command)
        else:
            plain = {"Content-Encoding": "identity"}  # or it would still be declared as gzip
            command = {"prefix": path, "times": None, "body": body, "headers": plain}
            self._control("/_fault", command)

    def restore(self) -> None:
        """Reset edits and statistics."""
        self._control("/_reset", {})

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        """Stop the server for the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _control(self, path: str, command: dict[str, Any]) -> None:
        request = Request(url_of(self, path), json.dumps(command).encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=10) as response:  # noqa: S310  loopback
            assert response.status == 200


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def shared_world_folder() -> Path:
    """The directory of the shared world; skips the calling test if it is absent."""
    shared = Path(os.environ.get("OVERHEARD_SHARED") or _REPOSITORY.parent / "shared")
    folder = shared / "world"
    if not (folder / "serve.py").is_file():
        pytest.skip("no shared world: set OVERHEARD_SHARED to the folder that holds world/")
    return folder
