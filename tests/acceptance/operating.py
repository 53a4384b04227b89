"""A machine of an operator's that has nothing yet, and podcasts to follow: what is typed there.

Commands are forked processes (tests/servers/forked.py), and those that last are started whole.
"""

import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.installation import Installation
from tests.acceptance.shared_world import free_port
from tests.acceptance.worlds import url_of
from tests.integration.commands import Ended
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.servers.forked import Forks
from tests.servers.worker import wait_until
from tests.typed import Use, use_of
from workers.local.embedded import EmbeddedServers, down

Variables = dict[str, str]

VOICES = {
    "one": "Gerhard Lazu: Hello there.\nGerhard Lazu: And welcome.\nSpeaker 1: Thanks.\n",
    "two": "Gehard Lazu: Hello again.\n\nSpeaker 1: Hello.\n",
    "three": "Theresa Whitcombe: It rains.\n\nSpeaker 1: Yes.\n\nTheresa Whitcombe: Still.\n",
    "four": "Teresa Whitcombe: It does not.\n\nJingle Bellson: La la.\n",
}
BROKEN, GONE = "broken", "gone"


@dataclass
class Machine:
    """A machine of an operator's: an empty data folder, podcasts to follow, and what was typed.

    ``revoked`` is a key of the API that is to be taken no more.
    """

    own: Installation
    forks: Forks
    server: FaultServer
    world: DemoWorld
    typed: set[Use] = field(default_factory=set)
    revoked: str = ""

    @property
    def troubled(self) -> str:
        """The address of the podcast that has troubles."""
        return self.server.url("/troubles/feed.xml")

    @property
    def lamp_room(self) -> str:
        """The address of one of the demo's podcasts."""
        return url_of(self.world, "/lamp-room/feed.xml")

    @property
    def urls(self) -> dict[str, str]:
        """The settings that a part of a deployment needs."""
        return {
            "OVERHEARD_DATABASE_URL": self.own.urls.database_url,
            "OVERHEARD_BROKER_URL": self.own.urls.broker_url,
        }

    def type(
        self,
        line: str,
        *says: str,
        code: int = 0,
        given: str = "",
        variables: Variables | None = None,
    ) -> Ended:
        """Type the words after `overheard`; how it ended, which must be with this code.

        Everything that it ``says`` must be printed. ``variables`` are settings of this command
        alone.
        """
        words = shlex.split(line)
        self.typed.add(use_of(words))
        ended = self.forks.run(*words, given=given, **(variables or {}))
        what = f"overheard {line}: {ended.code}\n{ended.out}\n{ended.err}"
        assert ended.code == code, what
        for piece in says:
            assert piece in ended.printed, f"{piece!r} is not in what was printed: {what}"
        return ended

    @contextmanager
    def lasting(
        self,
        line: str,
        ready: str = "",
        *,
        by: signal.Signals = signal.SIGTERM,
        variables: Variables | None = None,
    ) -> Iterator[None]:
        """Type what lasts, wait until it says that it is ready, and end it by a signal in the end.

        It must end with 0, and with 130 by Ctrl-C.
        """
        words = shlex.split(line)
        self.typed.add(use_of(words))
        log = self.file(f"{'-'.join(words)}.log")
        log.touch()
        pid = self.forks.start(words, (Path(os.devnull), log, log), variables or {})
        code = None
        try:
            wait_until(lambda: ready in log.read_text())
            yield
            os.kill(pid, by)
            code = self.forks.wait(pid, 60)
        except AssertionError as error:
            error.add_note(f"overheard {line}: {log.read_text()}")
            raise
        finally:
            if code is None:
                self.forks.wait(pid, 0)
        wanted = 130 if by is signal.SIGINT else 0
        assert code == wanted, f"overheard {line}: {code}: {log.read_text()}"

    def is_well(self, line: str, variables: Variables) -> bool:
        """Type a question for which 0 is yes."""
        return self.forks.run(*shlex.split(line), **variables).code == 0

    def file(self, name: str) -> Path:
        """A file of the folder in which everything is typed."""
        return self.own.data.parent / name

    def ask(self, query: str, **params: Any) -> Any:
        """The first value of a query."""
        return next(iter(self.own.query(query, **params)[0].values()))


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="overheard-operated-"))
    folder.chmod(0o755)  # root's servers run as another user
    data = folder / "data"
    with FaultServer() as server:
        world = DemoWorld(server, seconds=0)
        serve_troubles(server)
        settings = {
            "OVERHEARD_ALLOWED_NETWORKS": f"{server.host}/32:{server.port}",
            "OVERHEARD_WEB_PORT": str(free_port()),
            "OVERHEARD_RESOLVE_TICK_SECONDS": "1",
            "OVERHEARD_CONCURRENCY": "2",
            "OVERHEARD_BEAT_FILE": "",
            "TMPDIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "",  # or each of many processes compiles everything again
            "COLUMNS": "250",
        }
        own = Installation(data, EmbeddedServers(data).urls, settings)
        shutil.rmtree(data)  # made only to find the URLs of the servers
        with Forks(folder, own.environment) as forks:
            yield Machine(own, forks, server, world)
    down(data)  # in case that it ended in the middle
    shutil.rmtree(folder)


def serve_troubles(server: FaultServer) -> None:
    """A podcast of which one transcript is no text and one is gone."""
    items = "".join(
        f"<item><guid>{name}</guid><title>Episode {name}</title><pubDate>Thu, 28 Aug 2025 06:00:00 "
        f'+0000</pubDate><podcast:transcript url="{server.url(f"/troubles/{name}.txt")}" '
        'type="text/plain"/></item>'
        for name in (*VOICES, BROKEN, GONE)
    )
    body = (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0">'
        f"<channel><title>Troubles</title>{items}</channel></rss>"
    )
    server.serve("/troubles/feed.xml", Answer(body=body.encode()))
    server.serve("/page.html", Answer(body=b"<html><body>No feed here</body></html>"))
    for name, text in VOICES.items():
        server.serve(f"/troubles/{name}.txt", Answer(body=text.encode()))
    server.serve(f"/troubles/{BROKEN}.txt", Answer(body=b"ID3\x04" + b"\x00" * 64))
