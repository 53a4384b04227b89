"""Reads pages as a reader does: their numbers, rows and links, out of the markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

import httpx
from lxml import html

# What other engineers' parts answer, or what is no page.
ELSEWHERE = ("/search", "/api", "/sign-in", "/static/", "/artwork/", "/quotes/")


@dataclass(frozen=True)
class Page:
    """One response, with its contents."""

    address: str
    answer: httpx.Response = field(repr=False)

    @cached_property
    def root(self) -> html.HtmlElement:
        return html.fromstring(self.answer.text)

    def texts(self, path: str) -> list[str]:
        """The words of all elements of an XPath."""
        return [" ".join(one.text_content().split()) for one in self.root.xpath(path)]

    def attributes(self, path: str) -> list[str]:
        """The values that an XPath names."""
        return [str(one) for one in self.root.xpath(path)]

    @property
    def figures(self) -> dict[str, str]:
        """The figures at the top, by unit."""
        pairs = self.root.xpath("//dl[contains(@class, 'figures')]/div")
        return {
            one.findtext("dt").strip(): " ".join(one.find("dd").text_content().split())
            for one in pairs
        }

    @property
    def timeline(self) -> dict[str, list[int]]:
        """The table of the chart: the numbers of each row by its label."""
        rows = self.root.xpath("//table[contains(@class, 'timeline-table')]/tbody/tr")
        return {
            " ".join(row.findtext("th").split()): [
                number(cell.text_content()) for cell in row.findall("td")
            ]
            for row in rows
        }

    @property
    def links(self) -> Iterator[str]:
        """The addresses of our own pages that it leads to, but for bars and units of charts."""
        followed = "//a[not(@data-since or @rel='nofollow')]/@href"
        for href in self.attributes(f"{followed} | //link[@rel='alternate']/@href"):
            parts = urlsplit(href)
            if not parts.netloc and href.startswith("/") and not href.startswith(ELSEWHERE):
                yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def number(text: str) -> int:
    """The first number in a text: "1,234 appearances" is 1234."""
    found = re.search(r"[\d,]+", text)
    assert found, text
    return int(found[0].replace(",", ""))


def crawl(client: httpx.Client, most: int = 600) -> dict[str, Page]:
    """Every page that can be reached by links from the first one."""
    waiting, pages = ["/"], dict[str, Page]()
    while waiting:
        address = waiting.pop()
        if address in pages:
            continue
        assert len(pages) < most, f"too many pages, such as {address}"
        page = Page(address, client.get(address, follow_redirects=True))
        pages[address] = page
        if page.answer.headers["content-type"].startswith("text/html"):
            waiting += page.links
    return pages
