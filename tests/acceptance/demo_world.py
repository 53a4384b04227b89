"""The demo world on a server that tests can edit; it exists on every machine."""

import contextlib
from collections.abc import Iterator

from tests.acceptance.worlds import Edit, Edits
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from workers.local.demo.files import FEEDS, load_files

# With this delay, a job takes long enough to kill its worker.
TRANSCRIPT_SECONDS = 0.4


class DemoWorld:
    """The demo world, from a server that can be edited, with slow transcripts."""

    name = "demo"
    edits = Edits(
        feed="/lamp-room/feed.xml",
        segment=Edit("/lamp-room/005.md", "In oats.", "In the best oats."),
        segment_guid="lamp-room-005",
        label=Edit("/lamp-room/001.vtt", "<v Tobias Okwandu>", "<v Hanna Brevik>"),
        label_guid="lamp-room-001",
        republished=(
            Edit("/lamp-room/feed.xml", "<title>Three kinds of fog", "<title>Four kinds of fog"),
            Edit("/lamp-room/feed.xml", "/lamp-room/002.mp3", "/cdn/v2/other.mp3"),
        ),
        republished_guid="lamp-room-002",
    )

    def __init__(self, server: FaultServer, seconds: float = TRANSCRIPT_SECONDS) -> None:
        self._server = server
        self._seconds = seconds
        self.address = f"{server.host}:{server.port}"
        self.feeds = list(FEEDS)
        self.restore()

    def replace(self, path: str, body: str) -> None:
        """Serve another document at a path."""
        kind = load_files("")[path].content_type
        self._server.serve(path, Answer(body=body.encode(), headers={"Content-Type": kind}))

    def restore(self) -> None:
        """Serve everything as in the package, but transcripts slowly."""
        for path, file in load_files(f"http://{self.address}").items():
            delay = 0.0 if path in FEEDS else self._seconds
            headers = {"Content-Type": file.content_type}
            answer = Answer(body=file.body, headers=headers, etag=file.etag, delay_seconds=delay)
            self._server.serve(path, answer)

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        """Reset every connection, and assert that none was made."""
        before = len(self._server.requests)
        for path in load_files(""):
            self._server.serve(path, Answer(reset=True))
        try:
            yield
        finally:
            self.restore()
        assert len(self._server.requests) == before
