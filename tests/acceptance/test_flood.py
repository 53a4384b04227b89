"""Pages in a flood of anonymous requests of all kinds, by 200 connections.

It lasts for OVERHEARD_FLOOD_SECONDS, and so does the quiet time before with which it is compared.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from tests.acceptance.flood import KINDS
from tests.integration.web.accounts import OPERATOR, PASSWORD, hashed_password
from tests.integration.web.world import png, shown_world, web_process
from tests.servers.answers import Answer
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("OVERHEARD_FLOOD_SECONDS", "30"))
SLOW_COVERS = 400
MAX_MEMORY = 400_000_000


@dataclass
class Reader:
    """Reads one page after the other, a few in a second; how long each took."""

    url: str
    paths: tuple[str, ...]
    seconds: list[float] = field(default_factory=list)
    failed: list[tuple[str, int]] = field(default_factory=list)

    @contextmanager
    def reading(self) -> Iterator["Reader"]:
        """Read in a thread until the block ends."""
        over = threading.Event()
        thread = threading.Thread(target=self._read, args=[over])
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()

    def _read(self, over: threading.Event) -> None:
        with httpx.Client(base_url=self.url, trust_env=False, timeout=60) as client:
            while not over.is_set():
                for path in self.paths:
                    began = time.monotonic()
                    answer = client.get(path)
                    self.seconds.append(time.monotonic() - began)
                    if answer.status_code != 200:
                        self.failed.append((path, answer.status_code))
                    over.wait(0.1)

    @property
    def p95(self) -> float:
        """The time that one page in twenty exceeds."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


@dataclass(frozen=True)
class Flooded:
    """A served world with an owner and slow artwork, and what its process leaves behind."""

    url: str
    database_url: str
    temporary: Path
    pid: int

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        plain = make_url(self.database_url).set(drivername="postgresql")
        with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
            cursor = connection.execute(query)
            return list(cursor.fetchall()) if cursor.description else []

    @property
    def most_memory(self) -> int:
        """The most memory that the process had, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


@pytest.fixture
def flooded(server_urls: ServerUrls, worker_number: int, tmp_path: Path) -> Iterator[Flooded]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with shown_world(server_urls.database_url, f"flood_{worker_number}") as world:
        settings = {
            "OVERHEARD_DATABASE_URL": world.database_url,
            "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{world.publisher.port}",
            "OVERHEARD_PUBLIC_ADD": "true",
            "TMPDIR": str(temporary),
        }
        with web_process(settings) as url:
            served = Flooded(url, world.database_url, temporary, _pid_with(str(temporary)))
            first = int(str(served.ask("SELECT max(id) FROM podcast")[0][0]))
            for number in range(first + 1, SLOW_COVERS + 1):
                world.publisher.serve(f"/slow/{number}", Answer(body=png(64), delay_seconds=20))
            picture = world.publisher.url("/slow/")
            served.ask(
                "INSERT INTO podcast (id, url_key, feed_url, title, state, added_at, image, "  # noqa: S608
                "description, author, type) SELECT n, 'slow-' || n, 'https://slow.example/' || n, "
                f"'Slow', 'active', now(), '{picture}' || n, '', '', '' "
                f"FROM generate_series({first + 1}, {SLOW_COVERS}) n"
            )
            served.ask(
                "INSERT INTO account (key, name, password_hash, role, created_at) VALUES "  # noqa: S608
                f"('{OPERATOR.lower()}', '{OPERATOR}', '{hashed_password()}', 'operator', now())"
            )
            yield served


def _pid_with(text: str) -> int:
    """The web process that has a text in its environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if command.endswith(b"workers.cli\0web\0") and text.encode() in environment:
            return int(folder.name)
    raise LookupError(text)


def _sign_in(owner: httpx.Client) -> int:
    return owner.post("/sign-in", data={"name": OPERATOR, "password": PASSWORD}).status_code


def test_pages_stay_quick_in_a_flood(flooded: Flooded) -> None:
    slug = flooded.ask("SELECT slug FROM person WHERE appearances > 0 ORDER BY id LIMIT 1")[0][0]
    paths = ("/", "/people", f"/people/{slug}", "/podcasts/1", "/charts")
    with httpx.Client(base_url=flooded.url, trust_env=False, timeout=60) as owner:
        assert _sign_in(owner) == 303
        owner.cookies.delete("overheard_session")
        with Reader(flooded.url, paths).reading() as quiet:
            time.sleep(SECONDS)
        signed_in = []
        with Reader(flooded.url, paths).reading() as disturbed, _flood(flooded.url) as flood:
            while flood.poll() is None:
                signed_in.append(_sign_in(owner))
                owner.cookies.delete("overheard_session")
                time.sleep(1)
            sent = flood.stdout.read() if flood.stdout else ""
    print(sent)
    assert {line.split()[0] for line in sent.splitlines()} == {kind.__name__ for kind in KINDS}
    print(f"p95 {quiet.p95:.3f} s in quiet, {disturbed.p95:.3f} s in the flood; "
          f"{len(disturbed.seconds)} pages, {flooded.most_memory / 1e6:.0f} MB; "
          f"signed in {len(signed_in)} times")  # fmt: skip
    assert disturbed.failed == []
    assert set(signed_in) == {303}
    # Flood and pages share this machine; a page of a few milliseconds says little of ten times.
    assert disturbed.p95 < min(1.0, 10 * max(quiet.p95, 0.05))
    assert flooded.most_memory < MAX_MEMORY
    assert list(flooded.temporary.iterdir()) == []
    assert flooded.ask("SELECT count(*) FROM artwork WHERE body IS NOT NULL")[0] == (0,)
    assert flooded.ask("SELECT count(*) < 20000 FROM sign_in_failure")[0] == (True,)
    assert flooded.ask("SELECT count(*) FROM podcast WHERE feed_url LIKE '%DOCTYPE%'")[0] == (0,)


@contextmanager
def _flood(url: str) -> Iterator["subprocess.Popen[str]"]:
    """The flood, in a process that takes only what others leave of this machine's processors."""
    command = [sys.executable, "-m", "tests.acceptance.flood", url, str(SECONDS), str(SLOW_COVERS)]
    with subprocess.Popen(
        ["nice", "-n", "15", *command], stdout=subprocess.PIPE, text=True
    ) as flood:
        try:
            yield flood
        finally:
            flood.kill()
