"""Takes the screenshots in docs/images: `python scripts/screenshots.py URL`.

They show the demo world; `make run` prints its URL. Needs Chromium.
"""

import shutil
import struct
import sys
import zlib
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE: ViewportSize = {"width": 1280, "height": 880}
PAGES = {
    "person": "/people/marisol-quennerby",
    "episode": "/episodes/1",
    "charts": "/charts?days=all",
    "search": "/search?q=weather+OR+ground",
}
MOST_BYTES = 200_000


def main(url: str) -> None:
    """One picture for each page, in the light scheme; too large a file is an error."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(base_url=url, viewport=SIZE, color_scheme="light")
        for name, address in PAGES.items():
            page.goto(address, wait_until="networkidle")
            picture = smaller(page.screenshot())
            if len(picture) > MOST_BYTES:
                raise SystemExit(f"{name} has {len(picture):,} bytes")
            (IMAGES / f"{name}.png").write_bytes(picture)
            sys.stdout.write(f"{IMAGES / name}.png: {len(picture):,} bytes\n")
        browser.close()


def smaller(png: bytes) -> bytes:
    """The same picture, its data compressed as well as zlib can (PNG, section 10)."""
    chunks, data, at = [], b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            data += body
        else:
            chunks.append((kind, body))
        at += 12 + length
    packed = zlib.compress(zlib.decompress(data), 9)
    chunks.insert(len(chunks) - 1, (b"IDAT", packed))
    return png[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
