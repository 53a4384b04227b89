"""A small podcast world, ingested once and shown by a web process: the demo's shows, a hostile one.

It has a database of its own, which nobody changes afterwards: what a test adds goes elsewhere.
"""

import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from struct import pack
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import create_engine, make_url
from sqlmodel import Session, col, select

from models import Job, JobState, get_settings
from models.database import database_time, forget_engine, in_transaction
from models.database.migrate import migrate
from models.database.sql import fetch_values
from tasks.http.settings import fetch_loop
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.podcasts.store.add import add_by_url
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_feeds
from tasks.search.indexer import rebuild_index
from tests.integration.waiting import until_all_changes_are_shown
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.servers.postgres import fresh_database
from workers.local.demo.files import FEEDS, load_files

SCRIPT = "<script>window.hostile = 1</script>"
HOSTILE = f'"><img src=x onerror="window.hostile=2">{SCRIPT}\u202egnp.exe\u2066{{{{7*7}}}}'
HUGE = "A title that does not end. " * 40_000


@dataclass(frozen=True)
class ShownWorld:
    """Where the pages are, and the database that they show."""

    url: str
    database_url: str
    publisher: FaultServer

    def ask(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        plain = make_url(self.database_url).set(drivername="postgresql")
        with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
            return connection.cursor(row_factory=dict_row).execute(query, params).fetchall()


@contextmanager
def shown_world(server_url: str, name: str) -> Iterator[ShownWorld]:
    """The world under a fresh database of this name, and its pages."""
    with (
        FaultServer() as publisher,
        fresh_database(server_url, name) as url,
        tempfile.TemporaryDirectory(prefix="overheard-search-") as index,
    ):
        _serve(publisher)
        settings = {
            "OVERHEARD_DATABASE_URL": url,
            "OVERHEARD_SEARCH_INDEX": index,
            "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{publisher.port}",
        }
        with _environment(settings):
            engine = create_engine(url)
            migrate(engine)
            engine.dispose()
            _ingest([publisher.url(path) for path in (*FEEDS, "/hostile.xml")])
            until_all_changes_are_shown()
            rebuild_index(Path(index))
        with web_process(settings) as address:
            yield ShownWorld(address, url, publisher)


@contextmanager
def web_process(settings: dict[str, str], ends_within: float = 30) -> Iterator[str]:
    """`overheard web` with these settings, on a port of its own; its address."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
    broker = {"OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0", "OVERHEARD_WEB_PORT": "0"}
    command = [sys.executable, "-m", "workers.cli", "web"]
    process = subprocess.Popen(
        command, env=inherited | broker | settings, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        output = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", output)):
            line = process.stderr.readline()
            assert line, f"the web process ended: {output}"
            output += line
        # A process that writes into a pipe without a reader waits for ever.
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        yield found[0]
    finally:
        process.terminate()
        process.wait(timeout=ends_within)
        drain.wait(timeout=30)
        process.stderr.close()


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    _forget()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        _forget()


def _forget() -> None:
    fetch_loop().close()
    fetch_loop.cache_clear()
    get_settings.cache_clear()
    forget_engine()


def _ingest(urls: Sequence[str]) -> None:
    """What the workers do, in this process."""
    ids = [in_transaction(add_by_url, url).podcast_id for url in urls]
    token = in_transaction(
        lambda session: claim_feeds(session, [i for i in ids if i], database_time(session))
    )
    assert {result.outcome for result in poll_claimed_feeds(token)} == {"changed"}
    # A job is ignored while its podcast cools down and others wait; it goes in the next round.
    while jobs := in_transaction(_waiting_jobs):
        for job in jobs:
            run_job(job, Message(f"message-{job}", "w"), ingest_episode)


def _waiting_jobs(session: Session) -> Sequence[int]:
    query = select(Job.id).where(
        Job.kind == "parse",
        Job.state == JobState.waiting,
        col(Job.run_after) <= database_time(session),
    )
    return fetch_values(session, query.order_by(col(Job.id)))


def _serve(publisher: FaultServer) -> None:
    address = f"http://{publisher.host}:{publisher.port}"
    for path, file in load_files(address).items():
        headers = {"Content-Type": file.content_type}
        publisher.serve(path, Answer(body=file.body, headers=headers, etag=file.etag))
    pictures = {"/artwork.png": png(64), "/artwork.svg": f"<svg>{SCRIPT}</svg>".encode()}
    for path, body in pictures.items():
        publisher.serve(path, Answer(body=body, headers={"Content-Type": "image/png"}))
    publisher.serve("/hostile.vtt", Answer(body=_hostile_transcript().encode()))
    publisher.serve("/hostile.xml", Answer(body=_hostile_feed(address).encode()))


def png(size: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\x20\x70\x80" * size for _ in range(size))
    head = pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


def _hostile_transcript() -> str:
    turns = [
        ("Mallory Quillfeather", HOSTILE),
        (HOSTILE, "Somebody under a label full of markup."),
        ("Mallory Quillfeather", "A null \x00 byte, a \u200f mark and a javascript:alert(1)."),
        ("", "Speech under no name."),
        ("Mallory Quillfeather", '=HYPERLINK("http://evil")'),
    ]
    cues = [
        f"00:{place:02}.000 --> 00:{place + 1:02}.000\n"
        + (f"<v {escape(label)}>{escape(text)}" if label else escape(text))
        for place, (label, text) in enumerate(turns)
    ]
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def _hostile_feed(address: str) -> str:
    items = "".join(
        f"<item><guid>h{number}</guid><title>{escape(title)}</title>"
        f"<link>javascript:alert(1)</link><description>{escape(HOSTILE)}</description>"
        f"<pubDate>Mon, 0{number} Sep 2025 06:00:00 GMT</pubDate>"
        f"<category>{escape(HOSTILE[:30])}</category><itunes:keywords>lighthouses</itunes:keywords>"
        f'<enclosure url="{address}/h{number}.mp3" type="audio/mpeg" length="1"/>'
        f'<podcast:transcript url="{address}/hostile.vtt" type="text/vtt"/></item>'
        for number, title in enumerate((HOSTILE, HUGE), 1)
    )
    return (
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
        f"<title>{escape(HOSTILE)}</title><link>javascript:alert(1)</link>"
        f"<description>{escape(HOSTILE)}</description><itunes:author>{escape(HOSTILE)}"
        f'</itunes:author><itunes:image href="{address}/artwork.svg"/>{items}</channel></rss>'
    )
