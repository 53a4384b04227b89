"""Has the jobs of a command done: by the workers that run, or by workers of its own."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from tasks.jobs.broker import BrokerUnavailable, broker_errors
from tasks.polling.tasks import poll_due_feeds
from tasks.speakers.reresolve import resolve_podcasts
from workers.cli.output import errors, print_error
from workers.cli.publish import publish_waiting_jobs
from workers.cli.wait_for_jobs import print_failures, wait_for_work
from workers.local.embedded.servers import EmbeddedServers
from workers.local.processes import responding_workers, service_processes
from workers.local.supervisor import Supervisor


def run_until_done(
    servers: EmbeddedServers | None,
    podcast_ids: Sequence[int],
    since: datetime,
    *,
    request_id: str = "",
    jobs: int = 0,
    no_wait: bool,
) -> bool:
    """Send the work and wait until it is done; whether any of it failed."""
    if no_wait:
        send_work()
        return False
    watch = servers.watch if servers else None
    with _workers():
        send_work()
        while True:
            failed = wait_for_work(
                podcast_ids, since, request_id=request_id, jobs=jobs, watch=watch
            )
            # Now instead of at the next tick: what is shown next has final attributions.
            if not resolve_podcasts():
                break
            publish_waiting_jobs()
    print_failures(failed)
    return bool(failed)


def send_work() -> None:
    """Send at once what the next tick would send."""
    try:
        with broker_errors():
            poll_due_feeds.apply_async(queue="ops", expires=60)
        publish_waiting_jobs()
    except BrokerUnavailable as error:
        print_error(f"the broker cannot be reached, the next tick will send the work: {error}")


@contextmanager
def _workers() -> Iterator[None]:
    """Start workers for the block when none is running."""
    if responding_workers(enough=1):
        yield
        return
    print_error("no worker is running: starting workers for this command")
    # A service may start here meanwhile: its workers have names of their own.
    processes = service_processes(pages=False, suffix=f"-{os.getpid()}")
    supervisor = Supervisor(processes, stream=errors.file.buffer)  # type: ignore[attr-defined]
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()
