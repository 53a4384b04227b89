"""The inputs of `read`: files, http(s) URLs and standard input, as bytes."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tasks.http.redaction import is_private, public_url

Kind = Literal["transcript", "feed", "opml"]

STANDARD_INPUT = "-"
_HTTP = ("http://", "https://")


class InputRefused(Exception):
    """An input that cannot be read or parsed; ``reason`` is its reason code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Input:
    """The bytes of an input, or why there are none; ``url`` is where they were fetched."""

    name: str
    body: bytes = field(default=b"", repr=False)
    content_type: str | None = None
    url: str | None = None
    refused: InputRefused | None = None

    @property
    def shown_name(self) -> str:
        """The name as it is printed: a URL without its secrets."""
        return public_url(self.name) if self.name.lower().startswith(_HTTP) else self.name

    @property
    def is_private(self) -> bool:
        """Whether it comes from a URL with a secret, which the document may repeat."""
        return self.name.lower().startswith(_HTTP) and is_private(self.name)


def read_inputs(names: Iterable[str], kind: Kind) -> Iterator[Input]:
    """Yield each input, in the given order; one that cannot be read never stops the others."""
    for name in names:
        try:
            yield _read(name, kind)
        except InputRefused as refused:
            yield Input(name, refused=refused)


def _read(name: str, kind: Kind) -> Input:
    if name.lower().startswith(_HTTP):
        return _fetch(name, kind)
    try:
        body = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        raise InputRefused("unreadable", f"{getattr(error, 'strerror', None) or error}.") from error
    return Input(name, body)


def _fetch(url: str, kind: Kind) -> Input:
    """Fetch a URL as a poll or an ingest would, with the same guard and the same limits."""
    from models import get_settings  # noqa: PLC0415  files need no HTTP client
    from tasks.http.retries import fetch_with_retries  # noqa: PLC0415
    from tasks.http.settings import feed_limits, fetch_loop, transcript_limits  # noqa: PLC0415
    from tasks.http.values import FetchFailed, FetchRequest, status_failure  # noqa: PLC0415

    limits = (transcript_limits if kind == "transcript" else feed_limits)(get_settings())
    try:
        fetched = fetch_loop().run(
            lambda client: fetch_with_retries(client, FetchRequest(url), limits)
        )
    except FetchFailed as failure:
        raise InputRefused(failure.reason, str(failure)) from failure
    if refused := status_failure(fetched):
        raise InputRefused(refused.reason, str(refused))
    return Input(url, fetched.body or b"", fetched.headers.content_type, fetched.url)
