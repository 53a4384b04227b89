"""What was entered or uploaded, as links: one name or link, pasted lines, a list of feeds. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tasks.feeds.opml import OpmlEntry, parse_opml
from tasks.links.classify import classify_link
from tasks.links.values import FoundFeed, FoundList, Link, LinkKind, LinkRefusal, Resolution

Entered = tuple[str, Link | LinkRefusal]

_CORRECT = "Correct the list."


def entered_links(text: str) -> list[Entered]:
    """The links of a field: a name or a link, several lines of links, or a pasted document."""
    text = text.strip()
    if text.startswith("<"):
        return listed_links(parse_opml(text.encode("utf-8", "replace")))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        return [(lines[0], classify_link(lines[0]))]
    return [(line, _only_links(line, number)) for number, line in enumerate(lines, 1)]


def listed_links(entries: Iterable[OpmlEntry]) -> list[Entered]:
    """The links of a list of feeds."""
    return [(entry.feed_url or entry.title, _listed(entry)) for entry in entries]


def expanded(
    entered: Sequence[Entered], found: Sequence[Resolution]
) -> list[tuple[str, Resolution]]:
    """What was entered and found, with the feeds of lists in place of the lists."""
    results: list[tuple[str, Resolution]] = []
    for (text, _), one in zip(entered, found, strict=True):
        if isinstance(one, FoundList):
            results += [(name, _as_found(link)) for name, link in listed_links(one.entries)]
        else:
            results.append((text, one))
    return results


def _only_links(line: str, number: int) -> Link | LinkRefusal:
    link = classify_link(line)
    if isinstance(link, Link) and link.kind is LinkKind.words and not link.form:
        message = f"Line {number} is not a link. Names are searched one at a time."
        return LinkRefusal("bad_entry", message, _CORRECT)
    return link


def _listed(entry: OpmlEntry) -> Link | LinkRefusal:
    if entry.problem:
        return LinkRefusal("bad_entry", f"Line {entry.line} {entry.problem}.", _CORRECT)
    link = classify_link(entry.feed_url)
    if isinstance(link, Link) and link.has_scheme:  # without one it may be a site: it is fetched
        return replace(link, listed=True)
    return link


def _as_found(link: Link | LinkRefusal) -> Resolution:
    """An entry of a list that was found at a URL: its feeds are polled as they are."""
    if isinstance(link, LinkRefusal):
        return link
    if link.kind is LinkKind.web:
        return FoundFeed(link.value)
    return LinkRefusal("bad_entry", "This entry of the list is not a feed URL.", _CORRECT)
