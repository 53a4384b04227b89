"""Atom's link relations, which RSS feeds carry too: alternate, self, hub, next, prev-archive."""

from dataclasses import dataclass

from lxml import etree

from tasks.feeds.parser.elements import Context, Elements
from tasks.feeds.parser.value_parsers import distinct


@dataclass(frozen=True, slots=True)
class Linked:
    """Where the links of one feed or entry lead (RFC 4287 4.2.7, RFC 5005, WebSub 4)."""

    alternate: str | None = None
    self_url: str | None = None
    hubs: tuple[str, ...] = ()
    next_page: str | None = None
    prev_archive: str | None = None


def linked(context: Context, elements: Elements) -> Linked:
    """Sort links by relation; the first of each wins, of hubs all are kept."""
    found: dict[str, list[str]] = {}
    for element in elements:
        address = context.url(element.get("href") or element.text, element)
        if address is None:
            continue
        for relation in relations(element):
            found.setdefault(relation, []).append(address)
    return Linked(
        alternate=_first(found, "alternate"),
        self_url=_first(found, "self"),
        hubs=distinct(found.get("hub", ())),
        next_page=_first(found, "next"),
        prev_archive=_first(found, "prev-archive"),
    )


def relations(element: etree._Element) -> list[str]:
    """Return what a link is to its feed or entry; without any relation, the alternate."""
    return (element.get("rel") or "alternate").lower().split()


def _first(found: dict[str, list[str]], relation: str) -> str | None:
    return next(iter(found.get(relation, ())), None)
