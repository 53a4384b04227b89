"""Reads the header fields of an answer that we act on."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from multidict import CIMultiDictProxy

from tasks.fetching.values import AnswerHeaders

Headers = CIMultiDictProxy[str]

MAX_FIELD_LENGTH = 1000  # a validator is stored per feed; no honest one comes near

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*\"?([^\";,]+)", re.IGNORECASE)


def answer_headers(headers: Headers, url: str) -> AnswerHeaders:
    """Return what the answer of ``url`` says about itself; fields unfit to keep count as absent."""
    links = _links(headers, url)
    return AnswerHeaders(
        etag=_field(headers, "etag"),
        last_modified=_field(headers, "last-modified"),
        cache_control=_field(headers, "cache-control"),
        expires=_field(headers, "expires"),
        date=_field(headers, "date"),
        retry_after=_field(headers, "retry-after"),
        content_type=_field(headers, "content-type"),
        hubs=tuple(target for rel, target in links if rel == "hub"),
        self_url=next((target for rel, target in links if rel == "self"), None),
    )


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110, 10.2.3); None when absent or unreadable."""
    if value is None:
        return None
    text = value.strip()
    if text.isdecimal() and text.isascii():
        return float(text[:12])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - now) / timedelta(seconds=1), 0.0)


def _field(headers: Headers, name: str) -> str | None:
    value = headers.get(name)
    fit = value and len(value) <= MAX_FIELD_LENGTH and value.isprintable()
    return value if fit else None


def _links(headers: Headers, url: str) -> list[tuple[str, str]]:
    """Return (relation, target) of every Link field (RFC 8288); WebSub names hub and self there."""
    return [
        (relation, _joined(url, target))
        for target, parameters in _LINK.findall(", ".join(headers.getall("link", []))[:8000])
        if (rel := _REL.search(parameters))
        for relation in rel[1].lower().split()
    ]


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return ""
