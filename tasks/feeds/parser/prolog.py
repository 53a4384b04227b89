"""What a document is, told by its first tag, and what its prolog declares."""

import re
from dataclasses import dataclass

from tasks.feeds.values import FeedRefused

# Patterns and not strip(), which copies the whole document.
_BLANK = re.compile(rb"[ \t\r\n\0\xef\xbb\xbf]*+")
_JSON = re.compile(rb"[ \t\r\n\xef\xbb\xbf]*+[{\[]")
_START = re.compile(
    rb"<!--.*?(?:-->|\Z)"
    # A document type with its internal subset, whose quoted strings and comments may hold anything;
    # what is never closed takes the rest, so that this stays linear.
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
class Document:
    """A document cut at its root element, so that no parser ever sees a document type."""

    xml: bytes
    root: bytes
    entities: dict[bytes, bytes]


def cut_prolog(body: bytes) -> Document:
    """Find the root element of a UTF-8 document.

    Raises:
        FeedRefused: ``empty``, ``json``, ``html``, ``not_a_feed`` or ``entity_bomb``.
    """
    if _BLANK.fullmatch(body):
        raise FeedRefused("empty", "The address answered with nothing; try again later.")
    _refuse_json(body)
    doctype = b""
    for found in _START.finditer(body):
        if found["root"]:
            return Document(body[found.start() :], found["root"], _declared_entities(doctype))
        if found["html"]:
            raise _web_page()
        doctype = found["doctype"] or doctype
    raise _web_page() if _HTML_DOCTYPE.match(doctype) else _not_a_feed(body)


def _refuse_json(body: bytes) -> None:
    if _JSON.match(body):
        raise FeedRefused("json", "This is JSON; only RSS and Atom feeds can be followed.")


def _web_page() -> FeedRefused:
    return FeedRefused("html", "This is a web page, not a feed; look there for its RSS address.")


def _not_a_feed(body: bytes) -> FeedRefused:
    tag = _FIRST_TAG.search(body)
    found = f"XML <{tag.group(1).decode('utf-8', 'replace')}>" if tag else "neither XML nor JSON"
    return FeedRefused("not_a_feed", f"Found {found}; only RSS and Atom feeds can be followed.")


def _declared_entities(doctype: bytes) -> dict[bytes, bytes]:
    """Return the entities of an internal subset; external ones are never read."""
    entities = {name: double or single for name, double, single in _ENTITY.findall(doctype)}
    for value in entities.values():
        # Entities built from entities are how a few bytes become gigabytes; no feed needs them.
        if any(name not in _PREDEFINED for name in _REFERENCE.findall(value)):
            raise FeedRefused("entity_bomb", "Its entities expand into each other; refused.")
    return entities
