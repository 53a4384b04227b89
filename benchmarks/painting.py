"""Largest contentful paint of pages in a real browser whose processor is slowed down four times.

The page of the person who is heard most, and others, in a world of ``PAINTED_APPEARANCES``. Each is
opened in a new context, so nothing is cached by the browser. Without Chromium nothing is measured.
"""

import os
import random
import shutil
from statistics import median

from playwright.sync_api import Browser, sync_playwright
from sqlmodel import Session

from benchmarks.asking import asking
from benchmarks.sizes import size, sizes_from
from benchmarks.spoken import indexed, spoken_world
from models.database import in_transaction
from models.database.sql import fetch_values

SIZES = sizes_from("PAINTED_APPEARANCES", "500000", "20000")
OPENED = size(7, 1)
SLOWER = 4
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_LARGEST_PAINT = """
    () => new Promise(resolve => {
        new PerformanceObserver(list => resolve(list.getEntries().at(-1).startTime))
            .observe({type: "largest-contentful-paint", buffered: true});
    })
"""


def run() -> None:
    """Print the median and the slowest paint, and the bytes of the document, for each page."""
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if program is None:
        print("no Chromium here")
        return
    for appearances in SIZES:
        with (
            spoken_world(appearances) as world,
            indexed(world),
            asking() as connect,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            address = f"http://127.0.0.1:{connect().port}"
            print(f"{world.appearances:,} appearances; load {os.getloadavg()[0]:.1f}")
            for path in in_transaction(_paths):
                opened = [_paint(browser, address + path) for _ in range(OPENED)]
                paints = [paint for paint, _ in opened]
                print(
                    f"{path:<28} {median(paints):>6.0f} ms, slowest {max(paints):>6.0f} ms; "
                    f"{opened[0][1] / 1000:.1f} kB"
                )
            browser.close()


def _paths(session: Session) -> list[str]:
    slugs = fetch_values(session, "SELECT slug FROM person ORDER BY appearances DESC")
    others = random.Random(5).choices(slugs, k=2)
    return ["/", *(f"/people/{slug}" for slug in (slugs[0], *others)), "/podcasts/1", "/people"]


def _paint(browser: Browser, url: str) -> tuple[float, int]:
    """Milliseconds from the request to the largest paint, and the size of the document."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    answer = page.goto(url, wait_until="load")
    assert answer is not None, url
    painted = float(page.evaluate(_LARGEST_PAINT))
    document = len(answer.body())
    context.close()
    return painted, document
