"""Polls new and unchanged feeds with real workers, compared with aiohttp alone and `reader`."""

import asyncio
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from reader import make_reader

from benchmarks.publisher import host, publisher
from benchmarks.service import add_feeds, memory_of, poll_all, polling_service, spent
from benchmarks.sizes import size

FEEDS, HOSTS, ROUNDS = size(4_000, 80), size(200, 20), size(3, 1)
READER_FEEDS = size(800, 20)
AT_ONCE = 64


def run() -> None:
    """Poll the same feeds with all three; print feeds/s and ratios."""
    with publisher() as port:
        urls = [f"http://{host(n % HOSTS)}:{port}/feed/{n}.xml" for n in range(FEEDS)]
        bare = asyncio.run(_bare(urls))
        theirs_new, theirs_unchanged = _reader(urls[:READER_FEEDS])
        ours_new, ours_unchanged = _ours(port, urls)
    print(f"{FEEDS:,} feeds on {HOSTS} hosts; feeds/s{'':<21}{'new':>8}{'unchanged':>12}")
    _print("aiohttp alone, one process", None, bare)
    _print(f"reader, its first {READER_FEEDS} feeds", theirs_new, theirs_unchanged)
    _print("overheard, two pollers", ours_new, ours_unchanged)
    new, unchanged = ours_new / theirs_new, ours_unchanged / theirs_unchanged
    print(f"{'  beside reader':<50}{new:>8.1f}{unchanged:>12.1f}")
    print(f"{'  beside aiohttp':<50}{'':>8}{ours_unchanged / bare:>12.2f}")


def _print(name: str, new: float | None, unchanged: float) -> None:
    print(f"{name:<50}{'' if new is None else format(new, ',.0f'):>8}{unchanged:>12,.0f}")


async def _bare(urls: Sequence[str]) -> float:
    """Conditional requests per second of aiohttp alone, ignoring the responses."""
    left = iter(urls)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def ask() -> None:
            for url in left:
                async with session.get(url, headers={"If-None-Match": '"1"'}) as answer:
                    await answer.read()

        started = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        return len(urls) / (time.perf_counter() - started)


def _reader(urls: Sequence[str]) -> tuple[float, float]:
    """New and unchanged feeds per second of the package `reader`, the better of two pool sizes."""
    with TemporaryDirectory() as folder:
        measured = [_read(Path(folder) / f"{workers}.sqlite", urls, workers) for workers in (1, 8)]
    return max(new for new, _ in measured), max(unchanged for _, unchanged in measured)


def _read(database: Path, urls: Sequence[str], workers: int) -> tuple[float, float]:
    # The feedparser that reader brings along asks for sgmllib by the name that it had until
    # feedparser got one of its own.
    sys.modules.setdefault("sgmllib", importlib.import_module("feedparser_sgmllib"))
    reader = make_reader(str(database))
    for url in urls:
        reader.add_feed(url)
    rates = []
    for _ in range(2):
        started = time.perf_counter()
        reader.update_feeds(scheduled=False, workers=workers)
        rates.append(len(urls) / (time.perf_counter() - started))
    assert reader.get_feed_counts().broken == 0
    reader.close()
    return rates[0], rates[1]


def _ours(port: int, urls: Sequence[str]) -> tuple[float, float]:
    """New feeds per second, and unchanged ones as the mean of several rounds."""
    with polling_service(port) as poller:
        add_feeds(urls[:1])
        poll_all(1)  # the workers are up
        add_feeds(urls[1:])
        new = len(urls) / spent(poll_all(len(urls)))
        few = len(urls) // 4
        poll_all(few, f"podcast_id <= {few}")
        before = memory_of(poller)
        unchanged = [spent(poll_all(len(urls))) for _ in range(ROUNDS)]
        print(
            f"memory of a poller: {before:.0f} MB after {few:,} unchanged feeds, "
            f"{memory_of(poller):.0f} MB after {ROUNDS * len(urls):,} more"
        )
    return new, ROUNDS * len(urls) / sum(unchanged)


if __name__ == "__main__":
    run()
