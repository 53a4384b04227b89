"""The demo: a small invented podcast world on loopback, ingested by the real service.

It has servers and data of its own, of which nothing is left when it ends.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

import workers.celery_app  # noqa: F401  its app sends the tasks
from models.database import database_time, in_transaction
from models.queries.people import people
from models.settings import get_settings
from tasks.podcasts.store.add import add_by_url
from tasks.polling.tasks import poll_due_feeds
from workers.cli.output import print_line, print_table
from workers.cli.wait_for_jobs import print_failures, wait_for_work
from workers.local.caretaker import start_caretaker
from workers.local.demo.files import feed_urls
from workers.local.demo.server import demo_world
from workers.local.embedded.servers import down
from workers.local.processes import for_terminal, service_processes
from workers.local.ready import free_port, local_host
from workers.local.service import service
from workers.local.supervisor import Supervisor

# The same in every run, so that the demo's feeds keep their URLs.
DEMO_PORT = 8818


def demo() -> None:
    """Run a demo: ingest a few invented podcasts and serve the pages.

    With ONCE=1, or without a terminal, it ends after it has printed the table.
    """
    with _ended_in_order(), _own_data(), _world() as base_url, service() as servers:
        os.environ["OVERHEARD_WEB_PORT"] = str(free_port(get_settings(), otherwise_any=True))
        os.environ.setdefault("OVERHEARD_PUBLIC_ADD", "true")
        supervisor = Supervisor(for_terminal(service_processes()))
        supervisor.start()
        try:
            failed = _ingest(feed_urls(base_url))
        except BaseException:
            supervisor.stop()
            raise
        print_table(
            in_transaction(people, limit=25),
            ("name", "appearances", "episodes", "podcasts", "seconds"),
            title="who speaks in the demo world (appearances are segments spoken)",
        )
        if failed or os.environ.get("ONCE") == "1" or not sys.stdin.isatty():
            if not failed and os.environ.get("ONCE") != "1":
                print_line("The demo ends here: without a terminal nobody could stop it.")
            code = supervisor.stop()
        else:
            watch = servers.watch if servers else None
            code = supervisor.run(watch=watch, on_start=_print_next_steps)
    raise typer.Exit(1 if failed else code)


def _print_next_steps() -> None:
    settings = get_settings()
    typer.echo(f"The pages: http://{local_host(settings)}:{os.environ['OVERHEARD_WEB_PORT']}/")
    typer.echo("The demo stays up; Ctrl-C stops it and removes its data. In another terminal:")
    typer.echo(f"  export OVERHEARD_DATA={settings.data}")
    typer.echo("  .venv/bin/overheard podcasts add https://changelog.com/podcast/feed")
    typer.echo("  .venv/bin/overheard people list")
    typer.echo("To keep what you follow, run the real service: .venv/bin/overheard up")
    sys.stdout.flush()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Leave the block at SIGTERM and SIGHUP as at Ctrl-C, so that everything is cleaned up."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    handled = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN  # as under nohup
    ]
    before = {number: signal.signal(number, leave) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _own_data() -> Iterator[None]:
    """A data folder of the demo alone; the servers and the data of the settings are left alone."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-demo-"))
    folder.chmod(0o711)  # the servers of root run under another account
    (folder / "tmp").mkdir()
    os.environ["TMPDIR"] = str(folder / "tmp")  # of the processes: what they leave goes with it
    for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL", "SEARCH_INDEX", "LOG_DIR"):
        os.environ.pop(f"OVERHEARD_{name}", None)
    os.environ["OVERHEARD_DATA"] = str(folder / "data")
    os.environ.setdefault("OVERHEARD_LOG_LEVEL", "warning")  # the table is what matters here
    get_settings.cache_clear()
    caretaker = start_caretaker(folder)
    try:
        yield
    finally:
        down(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
        caretaker.kill()
        caretaker.wait()


@contextmanager
def _world() -> Iterator[str]:
    """Serve the demo world, and allow fetching from exactly its IP address and port."""
    try:
        world = demo_world(DEMO_PORT)
        base_url = world.__enter__()
    except OSError:
        world = demo_world()
        base_url = world.__enter__()
    try:
        _allow(base_url)
        yield base_url
    finally:
        world.__exit__(None, None, None)


def _allow(base_url: str) -> None:
    ip, port = base_url.removeprefix("http://").rsplit(":", 1)
    allowed = [get_settings().allowed_networks, f"{ip}/32:{port}"]
    os.environ["OVERHEARD_ALLOWED_NETWORKS"] = ",".join(filter(None, allowed))
    get_settings.cache_clear()


def _ingest(urls: list[str]) -> bool:
    """Add the feeds and wait for the workers; whether anything failed."""
    since = in_transaction(database_time)
    results = [in_transaction(add_by_url, url) for url in urls]
    poll_due_feeds.apply_async(queue="ops", expires=60)
    failed = wait_for_work([result.podcast_id for result in results if result.podcast_id], since)
    print_failures(failed)
    return bool(failed)
