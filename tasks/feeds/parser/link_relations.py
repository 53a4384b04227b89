"""Link relations of Atom, also used in RSS: alternate, self, hub, next, prev-archive."""

from dataclasses import dataclass

from lxml import etree

from tasks.feeds.parser.elements import Context, Elements
from tasks.feeds.parser.value_parsers import distinct


@dataclass(frozen=True, slots=True)
class Linked:
    """The links of a feed or entry by relation (RFC 4287 4.2.7, RFC 5005, WebSub 4)."""

    alternate: str | None = None
    self_url: str | None = None
    hubs: tuple[str, ...] = ()
    next_page: str | None = None
    prev_archive: str | None = None


def linked(context: Context, elements: Elements) -> Linked:
    """Return links by relation: the first of each, but all hubs."""
    by_relation: dict[str, list[str]] = {}
    for element in elements:
        url = context.url(element.get("href") or element.text, element)
        if url is None:
            continue
        for relation in relations(element):
            by_relation.setdefault(relation, []).append(url)
    return Linked(
        alternate=_first(by_relation, "alternate"),
        self_url=_first(by_relation, "self"),
        hubs=distinct(by_relation.get("hub", ())),
        next_page=_first(by_relation, "next"),
        prev_archive=_first(by_relation, "prev-archive"),
    )


def relations(element: etree._Element) -> list[str]:
    """Return the relations of a link; without any, it is an alternate."""
    return (element.get("rel") or "alternate").lower().split()


def _first(by_relation: dict[str, list[str]], relation: str) -> str | None:
    return next(iter(by_relation.get(relation, ())), None)
