"""The demo: a small invented podcast world on loopback, ingested by the real service."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from models import get_settings
from models.database import database_time, in_transaction
from models.queries.people import people
from tasks.podcasts.store.add import add_by_url
from tasks.polling.tasks import poll_due_feeds
from workers.cli.output import print_table
from workers.cli.wait_for_jobs import print_failures, wait_for_work
from workers.cli.web import free_port
from workers.local.demo.files import feed_urls
from workers.local.demo.server import demo_world
from workers.local.processes import service_processes
from workers.local.service import service
from workers.local.supervisor import Supervisor

# The same at every run, so that the demo's podcasts keep their addresses.
DEMO_PORT = 8818


def demo() -> None:
    """Ingest the demo world and show who speaks; then stay up, unless ONCE=1 or no terminal."""
    with _world() as base_url, service() as servers:
        os.environ["OVERHEARD_WEB_PORT"] = str(free_port())
        os.environ.setdefault("OVERHEARD_PUBLIC_ADD", "true")
        supervisor = Supervisor(service_processes())
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
            code = supervisor.stop()
        else:
            watch = servers.ensure_running if servers else None
            code = supervisor.run(watch=watch, on_ready=_say_how_to_go_on)
    raise typer.Exit(1 if failed else code)


def _say_how_to_go_on() -> None:
    typer.echo(f"The pages: http://127.0.0.1:{os.environ['OVERHEARD_WEB_PORT']}/")
    typer.echo("The service stays up; Ctrl-C stops it. In another terminal:")
    typer.echo("  .venv/bin/overheard add https://changelog.com/podcast/feed")
    typer.echo("  .venv/bin/overheard people")
    sys.stdout.flush()


@contextmanager
def _world() -> Iterator[str]:
    """The demo world, and leave to fetch from exactly its address and port."""
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
    address, port = base_url.removeprefix("http://").rsplit(":", 1)
    allowed = [get_settings().allowed_networks, f"{address}/32:{port}"]
    os.environ["OVERHEARD_ALLOWED_NETWORKS"] = ",".join(filter(None, allowed))
    get_settings.cache_clear()


def _ingest(urls: list[str]) -> bool:
    """Follow the feeds and wait for the workers; whether anything failed."""
    since = in_transaction(database_time)
    ids = [one.podcast_id for url in urls if (one := in_transaction(add_by_url, url)).podcast_id]
    poll_due_feeds.apply_async(queue="ops", expires=60)
    failed = wait_for_work([i for i in ids if i], since)
    print_failures(failed)
    return bool(failed)
