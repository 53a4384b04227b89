"""Cuts the prolog off a document: detects its kind, and reads the declared entities."""

import re
from dataclasses import dataclass

from tasks.feeds.values import FeedRefused

# Patterns instead of strip(), which copies the whole document.
_BLANK = re.compile(rb"[ \t\r\n\0\xef\xbb\xbf]*+")
_JSON = re.compile(rb"[ \t\r\n\xef\xbb\xbf]*+[{\[]")
_START = re.compile(
    rb"<!--.*?(?:-->|\Z)"
    # A document type with its internal subset, whose quoted strings and comments may contain
    # anything. An unclosed one matches up to the end, so that the search stays linear.
    rb"|(?P<doctype><!DOCTYPE(?:[^\[<>\"']|\"[^\"<]*\"|'[^'<]*')*+"
    rb"(?:>|\[(?:[^\]\"'<]|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|<!--.*?(?:-->|\Z)|<)*+"
    rb"(?:\](?:\s*+>)?|\Z)))"
    rb"|<(?P<root>(?:[\w.-]+:)?(?:rss|feed|rdf))(?=[\s/>])"
    rb"|(?P<html><html(?=[\s/>]))",
    re.DOTALL | re.IGNORECASE,
)
_ENTITY = re.compile(rb"<!ENTITY\s+([\w.:-]+)\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_REFERENCE = re.compile(rb"&([A-Za-z_][\w.:-]*);")
_HTML_DOCTYPE = re.compile(rb"<!DOCTYPE\s+html\b", re.IGNORECASE)
_FIRST_TAG = re.compile(rb"<([A-Za-z_][\w.:-]{0,60})")
_PREDEFINED = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document from its root element on: no parser ever sees a document type."""

    xml: bytes
    root: bytes
    entities: dict[bytes, bytes]


def cut_prolog(body: bytes) -> XmlDocument:
    """Find the root element of a UTF-8 document.

    Raises:
        FeedRefused: ``empty``, ``json``, ``html``, ``not_a_feed`` or ``entity_bomb``.
    """
    if _BLANK.fullmatch(body):
        raise FeedRefused("empty", "The response is empty; try again later.")
    _refuse_json(body)
    doctype = b""
    for match in _START.finditer(body):
        if match["root"]:
            return XmlDocument(body[match.start() :], match["root"], _declared_entities(doctype))
        if match["html"]:
            raise _web_page()
        doctype = match["doctype"] or doctype
    raise _web_page() if _HTML_DOCTYPE.match(doctype) else _not_a_feed(body)


def _refuse_json(body: bytes) -> None:
    if _JSON.match(body):
        raise FeedRefused("json", "This is JSON; only RSS and Atom feeds can be read.")


def _web_page() -> FeedRefused:
    return FeedRefused("html", "This is a web page, not a feed; find the RSS link on it.")


def _not_a_feed(body: bytes) -> FeedRefused:
    tag = _FIRST_TAG.search(body)
    kind = f"XML <{tag.group(1).decode('utf-8', 'replace')}>" if tag else "neither XML nor JSON"
    return FeedRefused("not_a_feed", f"This is {kind}; only RSS and Atom feeds can be read.")


def _declared_entities(doctype: bytes) -> dict[bytes, bytes]:
    """Return the entities of an internal subset; external ones are never read."""
    entities = {name: double or single for name, double, single in _ENTITY.findall(doctype)}
    for value in entities.values():
        # Entities made of entities turn a few bytes into gigabytes; no feed needs them.
        if any(name not in _PREDEFINED for name in _REFERENCE.findall(value)):
            raise FeedRefused("entity_bomb", "Its XML entities refer to each other.")
    return entities
