"""Read the response header fields that we act on."""

import re
from urllib.parse import urljoin

import httpx

from tasks.http.values import ResponseHeaders

MAX_FIELD_LENGTH = 1000  # validators are stored with each feed; no legitimate one is as long

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*\"?([^\";,]+)", re.IGNORECASE)


def response_headers(headers: httpx.Headers, url: str) -> ResponseHeaders:
    """Return the header fields of the response of ``url``; a malformed field counts as absent."""
    links = _links(headers, url)
    firsts = _firsts(headers)
    return ResponseHeaders(
        etag=_field(firsts, b"etag"),
        last_modified=_field(firsts, b"last-modified"),
        cache_control=_field(firsts, b"cache-control"),
        expires=_field(firsts, b"expires"),
        date=_field(firsts, b"date"),
        retry_after=_field(firsts, b"retry-after"),
        content_type=_field(firsts, b"content-type"),
        hubs=tuple(target for rel, target in links if rel == "hub"),
        self_url=next((target for rel, target in links if rel == "self"), None),
    )


def first_value(headers: httpx.Headers, name: bytes) -> str:
    """Return the first field named ``name`` (in lower case), '' when absent.

    httpx would join all fields of that name.
    """
    return _text(_firsts(headers).get(name, b""))


def all_values(headers: httpx.Headers, name: bytes) -> list[str]:
    """Return the fields named ``name`` (in lower case), as sent."""
    return [_text(value) for each, value in headers.raw if each.lower() == name]


def _firsts(headers: httpx.Headers) -> dict[bytes, bytes]:
    """Return the first field of each name, by the name in lower case."""
    return {name.lower(): value for name, value in reversed(headers.raw)}


def _text(value: bytes) -> str:
    """Decode this field alone as UTF-8: httpx decodes all as Latin-1 where one is not UTF-8."""
    return value.decode("utf-8", "surrogateescape")


def _field(firsts: dict[bytes, bytes], name: bytes) -> str | None:
    value = _text(firsts.get(name, b""))
    valid = value and len(value) <= MAX_FIELD_LENGTH and value.isprintable()
    return value if valid else None


def _links(headers: httpx.Headers, url: str) -> list[tuple[str, str]]:
    """Return (relation, target) of every Link field (RFC 8288), where WebSub names hub and self."""
    fields = all_values(headers, b"link")
    return [
        (relation, _joined(url, target))
        for target, parameters in _LINK.findall(", ".join(fields)[:8000])
        if (rel := _REL.search(parameters))
        for relation in rel[1].lower().split()
    ]


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return ""
