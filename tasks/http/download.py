"""Download a large body to a file: in steps, resumed where it stopped, within limits."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import tenacity

from tasks.http.client import Client
from tasks.http.decoding import BodyRefused
from tasks.http.fetch import fetch
from tasks.http.headers import first_value, response_headers
from tasks.http.request import PARTIAL
from tasks.http.urls import origin_of
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, status_failure

ATTEMPTS = 4
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_RANGE_NOT_SATISFIABLE = 416


async def download(client: Client, url: str, path: Path, limits: FetchLimits) -> Fetched:
    """Download ``url`` to ``path``; go on where an earlier attempt stopped, if it can be resumed.

    ``path`` appears when all of the body is there. Until then it is in ``path`` with the suffix
    ``.part``, and the validator to resume it with is in ``.validator``.

    Raises:
        FetchFailed: as for ``fetch``; also a status that is no success.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(path)
    retrying = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=5),
        retry=tenacity.retry_if_exception(_may_go_on),
        reraise=True,
    )
    fetched: Fetched = await retrying(_attempt, client, url, part, limits)
    part.finish()
    return fetched


def _may_go_on(error: BaseException) -> bool:
    return isinstance(error, FetchFailed) and error.retriable


async def _attempt(client: Client, url: str, part: "_Part", limits: FetchLimits) -> Fetched:
    request = FetchRequest(
        url,
        range=part.range,
        if_range=part.validator,
        validators_origin=part.validators_origin,
    )
    fetched = await fetch(client, request, limits, part.read)
    if fetched.status == _RANGE_NOT_SATISFIABLE and part.range:
        part.drop()
        raise FetchFailed("truncated", "the file has changed meanwhile", retriable=True)
    if failure := status_failure(fetched):
        raise failure
    return fetched


class _Part:
    """The part of a body that has been written, and how to ask for the rest."""

    def __init__(self, path: Path) -> None:
        """The part of the file that will be at ``path``."""
        self._path = path
        self._body = path.with_name(f"{path.name}.part")
        # If-Range names a strong ETag, or else the time of the last change (RFC 9110, 13.1.5).
        self._validator = path.with_name(f"{path.name}.validator")

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return self._body.stat().st_size if self._body.exists() else 0

    @property
    def validator(self) -> str | None:
        """The validator of the bytes that are there; None if they cannot be resumed."""
        if not (self.size and self._validator.exists()):
            return None
        return self._validator.read_text().partition("\n")[0] or None

    @property
    def validators_origin(self) -> str | None:
        """The origin that sent the validator, which is where a redirect led to."""
        return self._validator.read_text().partition("\n")[2] if self.validator else None

    @property
    def range(self) -> str:
        """The range of the bytes that are missing; '' for all."""
        return f"bytes={self.size}-" if self.validator else ""

    def drop(self) -> None:
        """Begin again."""
        self._body.unlink(missing_ok=True)
        self._validator.unlink(missing_ok=True)

    def finish(self) -> None:
        """Move the complete body to its place."""
        self._body.replace(self._path)
        self._validator.unlink(missing_ok=True)

    async def read(self, response: httpx.Response, url: str, limits: FetchLimits) -> Fetched:
        """Append the missing bytes, or write all of them, in steps."""
        fetched = Fetched(response.status_code, url, response_headers(response.headers, url))
        if not response.is_success:
            return fetched
        begin = self._begin(response, url)
        declared = _declared_bytes(response, limits, begin)
        size = await self._write(response, limits, begin, declared)
        if declared is not None and size < declared:
            raise BodyRefused("truncated", f"{size} of {declared} bytes came")
        # A status that a caller of `fetch` knows: the file is whole now.
        return replace(fetched, status=200, body=b"", wire_bytes=size - begin)

    def _begin(self, response: httpx.Response, url: str) -> int:
        """Where the bytes of this response belong."""
        if response.status_code != PARTIAL:
            self.drop()
            validator = _validator_of(response)
            self._validator.write_text(f"{validator}\n{origin_of(url)}" if validator else "")
            return 0
        found = _CONTENT_RANGE.fullmatch(first_value(response.headers, b"content-range"))
        if found is None or int(found[1]) != self.size:
            self.drop()
            raise BodyRefused("truncated", "the server sent another part than was asked for")
        return self.size

    async def _write(
        self, response: httpx.Response, limits: FetchLimits, size: int, declared: int | None
    ) -> int:
        with self._body.open("ab") as body:
            async for data in response.aiter_raw():
                size += len(data)
                _check_size(size, declared, limits)
                body.write(data)
        return size


def _validator_of(response: httpx.Response) -> str:
    etag = first_value(response.headers, b"etag")
    if etag and not etag.startswith("W/"):
        return etag
    return first_value(response.headers, b"last-modified")


def _declared_bytes(response: httpx.Response, limits: FetchLimits, begin: int) -> int | None:
    length = first_value(response.headers, b"content-length")
    if not length.isdigit():
        return None
    _check_size(begin + int(length), begin + int(length), limits)
    return begin + int(length)


def _check_size(size: int, declared: int | None, limits: FetchLimits) -> None:
    if size <= limits.max_wire_bytes:
        return
    if declared is None:
        raise BodyRefused(
            "endless_stream", f"no length is declared, and {limits.max_wire_bytes} bytes came"
        )
    raise BodyRefused("too_large", f"the file is larger than {limits.max_wire_bytes} bytes")
