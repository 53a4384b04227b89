"""Ingests a whole world with real workers, compared with COPY of segments in the same run."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import create_engine, text

from benchmarks.database import data_folder
from benchmarks.storing import copy_rate
from benchmarks.world import served_world
from workers.local.embedded.servers import embedded_servers

# From the first podcast followed to the last job done, by the database's clock.
_SPENT = text("""
    SELECT (SELECT count(*) FROM appearance) AS segments,
           (SELECT count(*) FROM job WHERE state = 'done') AS jobs,
           (SELECT count(*) FROM job WHERE state <> 'done') AS undone,
           extract(epoch FROM (SELECT max(finished_at) FROM job)
                            - (SELECT min(added_at) FROM podcast)) AS seconds,
           (SELECT sum((figures->>'fetch_ms')::int) FROM job) / 1000.0 AS fetching,
           (SELECT sum((figures->>'parse_ms')::int) FROM job) / 1000.0 AS parsing,
           (SELECT sum((figures->>'store_ms')::int) FROM job) / 1000.0 AS storing,
           (SELECT sum(extract(epoch FROM finished_at - started_at)) FROM job) AS jobs_seconds
""")


def run() -> None:
    """Ingest the world with the workers alone, then with the web process and the indexer running.

    Prints segments/s and how the time is spent.
    """
    for case, options in (("workers alone", ("--no-pages",)), ("with pages and search", ())):
        before = copy_rate()
        spent = _ingest(options)
        copied = (before + copy_rate()) / 2
        rate = spent["segments"] / float(spent["seconds"])
        print(f"COPY before and after                {copied:>9,.0f} rows/s   1.00")
        print(f"{f'the world, {case}':<35}  {rate:>9,.0f} rows/s   {rate / copied:.2f}")
        _print_where_time_went(spent)


def _print_where_time_went(spent: dict[str, Any]) -> None:
    print(
        f"{spent['segments']:,} segments, {spent['jobs']:,} jobs, {spent['undone']} undone, "
        f"{spent['seconds']:.1f} s; of {spent['jobs_seconds']:.1f} s in jobs: fetching "
        f"{spent['fetching']:.1f}, parsing {spent['parsing']:.1f}, "
        f"storing {spent['storing']:.1f}"
    )


def _ingest(options: Sequence[str]) -> dict[str, Any]:
    with (
        data_folder() as folder,
        served_world() as (_, base_url),
        embedded_servers(folder / "data") as urls,
    ):
        opml = folder / "world.opml"
        opml.write_bytes(urllib.request.urlopen(f"{base_url}/opml.xml").read())  # noqa: S310
        parts = urlsplit(base_url)
        environment = os.environ | {
            "OVERHEARD_DATA": str(folder / "data"),
            "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{parts.port}",
        }
        with _service(environment, options):
            _overheard("ingest", str(opml), environment=environment)
        engine = create_engine(urls.database_url)
        with engine.connect() as connection:
            spent = dict(connection.execute(_SPENT).mappings().one())
        engine.dispose()
        return spent


@contextmanager
def _service(environment: dict[str, str], options: Sequence[str]) -> Iterator[None]:
    """Start `overheard up` and wait until its workers respond."""
    command = [sys.executable, "-m", "workers.cli", "up", *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as service:
        assert service.stdout is not None
        try:
            ready = 0
            while ready < 2 and (line := service.stdout.readline()):
                ready += "ready." in line
            # Its log must be read on, or it would wait for its reader.
            with subprocess.Popen(["cat"], stdin=service.stdout, stdout=subprocess.DEVNULL):
                yield
                service.terminate()
        finally:
            service.terminate()


def _overheard(*words: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "workers.cli", *words]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    run()
