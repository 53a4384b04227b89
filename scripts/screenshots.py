"""Takes the screenshots in docs/images: `python scripts/screenshots.py URL`.

They show ten pages of the demo world, whose URL `make run` prints: in light, in dark, and on a
phone. Needs Chromium.
"""

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PAGES = {
    "home": "/",
    "people": "/people",
    "person": "/people/marisol-quennerby",
    "podcasts": "/podcasts",
    "podcast": "/podcasts/1",
    "episode": "/episodes/1",
    "quote": "/quotes/1",
    "charts": "/charts?days=all",
    "search": "/search?q=weather+OR+ground",
    "nothing-found": '/search?q="ground+weather"',
}
COLOURS, MOST_BYTES = 96, 120_000


class Look(NamedTuple):
    """How pages are looked at: the end of the file's name, the window, and the colours."""

    suffix: str
    size: ViewportSize
    is_dark: bool


LOOKS = (
    Look("", {"width": 1280, "height": 880}, is_dark=False),
    Look("-dark", {"width": 1280, "height": 880}, is_dark=True),
    Look("-phone", {"width": 390, "height": 844}, is_dark=False),
)


def main(url: str) -> None:
    """One picture for each page and look; too large a file is an error."""
    IMAGES.mkdir(exist_ok=True)
    for name, picture in pictures(url):
        if len(picture) > MOST_BYTES:
            raise SystemExit(f"{name} has {len(picture):,} bytes")
        (IMAGES / name).write_bytes(picture)
        sys.stdout.write(f"{IMAGES / name}: {len(picture):,} bytes\n")


def pictures(url: str) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each picture."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for look in LOOKS:
            scheme = "dark" if look.is_dark else "light"
            page = browser.new_page(
                base_url=url, viewport=look.size, color_scheme=scheme, reduced_motion="reduce"
            )
            page.set_default_timeout(120_000)
            for name, address in PAGES.items():
                page.goto(address, wait_until="networkidle")
                yield f"{name}{look.suffix}.png", smaller(page.screenshot())
        browser.close()


def smaller(png: bytes) -> bytes:
    """The same picture in few colours, of which pages have few."""
    written = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
