"""One pass over the children of an element: what they are called, what they say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import etree

from tasks.feeds.links import absolute_url
from tasks.feeds.namespaces import Names


class Children(dict[str, list[etree._Element]]):  # noqa: SLF001 - lxml names its class so
    """The child elements of one element that matter, by name; their texts are read when asked."""

    __slots__ = ()

    def each(self, name: str) -> Sequence[etree._Element]:
        """Return the elements of this name, in document order."""
        return self.get(name, ())

    def all(self, *names: str) -> list[etree._Element]:
        """Return the elements of these names, in the order of the names."""
        return [element for name in names if name in self for element in self[name]]

    def first(self, *names: str) -> str:
        """Return the first text that is not blank, as published, in the order of the names."""
        for name in names:
            if name in self:
                for element in self[name]:
                    text = inner_text(element)
                    if text and not text.isspace():
                        return text
        return ""


@dataclass(frozen=True, slots=True)
class Context:
    """What reading any element of one document needs to know."""

    names: Names
    base_url: str
    has_bases: bool  # xml:base occurs somewhere in the document; asking for it is slow

    def url(self, raw: str | None, element: etree._Element | None) -> str | None:
        """Return the http(s) address that ``raw`` means where ``element`` stands (XML Base)."""
        if raw is None:
            return None
        if self.has_bases and element is not None and element.base:
            try:
                return absolute_url(raw, urljoin(self.base_url, element.base))
            except ValueError:
                return absolute_url(raw, self.base_url)
        return absolute_url(raw, self.base_url)

    def read(self, parent: etree._Element, vocabulary: frozenset[str]) -> Children:
        """Sort the children of ``parent`` that are in the vocabulary. The hot loop of parsing."""
        found = Children()
        names = self.names
        for child in parent:
            name = names[child.tag]
            if name in found:
                found[name].append(child)
            elif name in vocabulary:
                found[name] = [child]
        return found

    def named(self, parents: Iterable[etree._Element], *names: str) -> Iterator[etree._Element]:
        """Yield the children of ``parents`` with one of these names."""
        for parent in parents:
            for child in parent:
                if self.names[child.tag] in names:
                    yield child


def inner_text(element: etree._Element) -> str:
    """Return all text inside an element; markup that is not escaped reads as its text."""
    if len(element):
        return "".join(map(str, element.itertext()))
    return element.text or ""
