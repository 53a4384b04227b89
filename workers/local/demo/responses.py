"""HTTP responses of the demo world, from request head to bytes (RFC 9110 and 9112)."""

import gzip
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from workers.local.demo.files import LAST_MODIFIED, File

# Smaller bodies gain nothing from compression.
GZIP_FROM_BYTES = 1024


def respond(head: bytes, world: Mapping[str, File]) -> bytes:
    """The response to a request head; only paths of the world exist."""
    try:
        request, headers = _read_head(head)
        method, target, _version = request.split(" ")
        path = unquote(urlsplit(target).path)
    except ValueError:
        return _response(HTTPStatus.BAD_REQUEST)
    if method not in ("GET", "HEAD"):
        return _response(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})
    file = world.get(path)
    if file is None:
        return _response(HTTPStatus.NOT_FOUND, body=b"Not found.\n", with_body=method == "GET")
    return _file_response(file, headers, with_body=method == "GET")


def _read_head(head: bytes) -> tuple[str, dict[str, str]]:
    request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return request, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _file_response(file: File, headers: Mapping[str, str], *, with_body: bool) -> bytes:
    fields = {"ETag": file.etag, "Last-Modified": LAST_MODIFIED, "Vary": "Accept-Encoding"}
    if _is_unchanged(file, headers):
        return _response(HTTPStatus.NOT_MODIFIED, fields, with_body=False)
    fields["Content-Type"] = file.content_type
    body = file.body
    if len(body) >= GZIP_FROM_BYTES and "gzip" in headers.get("accept-encoding", ""):
        fields["Content-Encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
    return _response(HTTPStatus.OK, fields, body, with_body=with_body)


def _is_unchanged(file: File, headers: Mapping[str, str]) -> bool:
    """Whether the client's copy is current; If-None-Match before the date (RFC 9110, 13.2.2)."""
    if tags := headers.get("if-none-match"):
        return tags == "*" or file.etag in (tag.strip() for tag in tags.split(","))
    since = _date(headers.get("if-modified-since", ""))
    last = _date(LAST_MODIFIED)
    return since is not None and last is not None and last <= since


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else None


def _response(
    status: HTTPStatus,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    with_body: bool = True,
) -> bytes:
    fields = {**(headers or {}), "Connection": "close"}
    if status is not HTTPStatus.NOT_MODIFIED:
        fields["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{k}: {v}" for k, v in fields.items())]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + body if with_body else head
