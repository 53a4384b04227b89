"""A real browser for the tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Which words of the tables are on more than one line.
BROKEN_WORDS = """() => {
  const range = document.createRange();
  const broken = [];
  for (const cell of document.querySelectorAll("main td, main tbody th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const word of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
        if (lines.size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one the tests are skipped, unless it is demanded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None and os.environ.get("OVERHEARD_REQUIRE_BROWSER") == "1":
        pytest.fail("OVERHEARD_REQUIRE_BROWSER=1, and there is no Chromium")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        # Root has no sandbox in a container; the pages are our own.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def reader(
    browser: Browser,
    url: str,
    viewport: ViewportSize = DESKTOP,
    scheme: str = "light",
    publisher: str | None = None,
) -> Iterator[Page]:
    """A page on which everything that goes wrong is collected, and nothing may have.

    Requests go to us alone, or also to the publisher whose audio the reader plays.
    """
    context = browser.new_context(
        base_url=url,
        viewport=viewport,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.extend(_complaint(message)))
    page.on("pageerror", lambda error: wrong.extend([str(error)]))
    page.on("request", lambda request: wrong.extend(_foreign(request.url, url, publisher)))
    yield page
    context.close()
    # A page that is not there is an error to the console, and is requested on purpose.
    wrong = [one for one in wrong if "404 (Not Found)" not in one]
    assert wrong == [], wrong


def _complaint(message: ConsoleMessage) -> list[str]:
    return [message.text] if message.type in {"error", "warning"} else []


def _foreign(requested: str, *allowed: str | None) -> list[str]:
    known = {urlsplit(url).netloc for url in allowed if url}
    return [] if urlsplit(requested).netloc in known else [requested]
