"""The elements of a document: their names, texts, markup and URLs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urljoin

from lxml import etree
from lxml.etree import _Element

from tasks.feeds.parser.namespaces import Names
from tasks.feeds.parser.urls import absolute_url, is_plain_url

Elements = Sequence[_Element]


class Children(NamedTuple):
    """The child elements of one element by name, each in document order."""

    by_name: dict[str, list[etree._Element]]

    def all(self, *names: str) -> list[etree._Element]:
        """Return the elements of these names, in the order of the names."""
        return [element for name in names for element in self.by_name.get(name, ())]

    def first(self, *names: str) -> str:
        """Return the first text of these elements that is not blank, as published."""
        return first_text(self.all(*names))

    def first_markup(self, *names: str) -> str:
        """Return the first content of these elements that is not blank, as HTML."""
        return first_markup(self.all(*names))


@dataclass(frozen=True)
class Context:
    """The context in which the elements of one document are read."""

    names: Names
    base_url: str
    xml: bytes

    @cached_property
    def has_bases(self) -> bool:
        """Whether xml:base occurs anywhere; checking each element would be slow."""
        return b"xml:base" in self.xml

    def url(self, raw: str | None, element: etree._Element | None) -> str | None:
        """Return ``raw`` as an absolute http(s) URL, by the XML Base of ``element``; else None."""
        if not raw:
            return None
        if is_plain_url(raw):  # independent of any base
            return raw
        if self.has_bases and element is not None and element.base:
            try:
                return absolute_url(raw, urljoin(self.base_url, element.base))
            except ValueError:
                return absolute_url(raw, self.base_url)
        return absolute_url(raw, self.base_url)

    def children(self, parent: etree._Element) -> Children:
        """Return the children of ``parent``, by name."""
        by_name: dict[str, list[etree._Element]] = {}
        for child in children_of(parent):
            by_name.setdefault(self.names[child.tag], []).append(child)
        return Children(by_name)

    def named(self, parents: Iterable[etree._Element], *names: str) -> Iterator[etree._Element]:
        """Yield the children of ``parents`` with one of these names."""
        for parent in parents:
            for child in children_of(parent):
                if self.names[child.tag] in names:
                    yield child


def children_of(element: etree._Element) -> list[etree._Element]:
    """Return the child elements."""
    # A slice takes a third of the time of iterating; lxml-stubs lack it.
    return element[:]  # type: ignore[index,return-value]


def first_text(elements: Iterable[etree._Element]) -> str:
    """Return the first text that is not blank, as published, else ``""``."""
    for element in elements:
        text = inner_text(element) if len(element) else element.text
        if text and not text.isspace():
            return text
    return ""


def first_markup(elements: Iterable[etree._Element]) -> str:
    """Return the first content that is not blank, as HTML, else ``""``."""
    for element in elements:
        text = inner_markup(element)
        if text and not text.isspace():
            return text
    return ""


def inner_text(element: etree._Element) -> str:
    """Return all text inside an element, including that of unescaped markup."""
    if len(element):
        return "".join(map(str, element.itertext()))
    return element.text or ""


def inner_markup(element: etree._Element) -> str:
    """Return the content of an element as HTML, whether it is escaped or not."""
    if len(element):
        children = (etree.tostring(child, encoding="unicode") for child in element)
        return (element.text or "") + "".join(children)
    return element.text or ""
