"""What is asked for, what came back and why nothing did, as values."""

import hashlib
from dataclasses import dataclass, field

# Answers that may be different in a few seconds (RFC 9110, 15.6; 408 and 425 likewise).
PASSING_STATUSES = frozenset({408, 425, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much time and how many bytes one fetch may take, over all of its redirects."""

    deadline_seconds: float = 30.0
    connect_seconds: float = 10.0
    max_wire_bytes: int = 32 * 1024 * 1024
    max_body_bytes: int = 128 * 1024 * 1024
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much of a batch runs at once: against all hosts, and against one.

    ``max_bytes`` is how much of bodies may wait to be taken: meanwhile no request begins.
    """

    concurrency: int = 64
    per_host: int = 2
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One URL to GET, with the validators of the copy that we have. May carry credentials.

    With a ``form`` (``application/x-www-form-urlencoded``, as bytes) it is a POST instead.
    """

    url: str = field(repr=False)
    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    form: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect that was followed: the address asked, its status, where it pointed."""

    url: str = field(repr=False)
    status: int
    location: str = field(repr=False)

    @property
    def permanent(self) -> bool:
        """Whether the server said that the move is for good (RFC 9110, 15.4.2 and 15.4.9)."""
        return self.status in {301, 308}

    @property
    def downgrade(self) -> bool:
        """Whether it leads from https to http."""
        return self.url.startswith("https:") and self.location.startswith("http:")


@dataclass(frozen=True, slots=True)
class AnswerHeaders:
    """The header fields that we act on, as sent; None when absent or unfit to keep."""

    etag: str | None = None
    last_modified: str | None = None
    cache_control: str | None = None
    expires: str | None = None
    date: str | None = None
    retry_after: str | None = None
    content_type: str | None = None
    hubs: tuple[str, ...] = ()
    self_url: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status; ``body`` is decoded, and None unless the status is 2xx.

    ``url`` is the address that answered, without userinfo; ``wire_bytes`` counts the body as sent.
    """

    status: int
    url: str = field(repr=False)
    headers: AnswerHeaders = field(default_factory=AnswerHeaders)
    hops: tuple[Hop, ...] = ()
    body: bytes | None = field(default=None, repr=False)
    wire_bytes: int = 0
    took_ms: int = 0

    @property
    def permanent_url(self) -> str | None:
        """Where the address has moved for good: as far as every redirect so far was permanent.

        A step down from https is followed and never believed.
        """
        moved = None
        for hop in self.hops:
            if not hop.permanent or hop.downgrade:
                break
            moved = hop.location
        return moved


class FetchFailed(Exception):
    """No usable answer came. The message holds no secret and may be shown, logged and stored.

    Attributes:
        reason: one word for rows, logs and tests: ``timeout``, ``dns_failed``, ``connect_failed``,
            ``tls_failed``, ``dropped``, ``truncated``, ``protocol_error``, ``too_large``,
            ``bad_encoding``, ``redirect_loop``, ``too_many_redirects``, ``bad_url``,
            ``scheme_refused``, ``address_refused``, ``port_refused``, ``not_attempted``, ``http_404`` …
        retriable: whether the same request may go well within seconds.
        retry_after: the Retry-After field of the answer as sent, if there was one.
    """

    def __init__(
        self, reason: str, message: str, *, retriable: bool = False, retry_after: str | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retriable = retriable
        self.retry_after = retry_after


def status_failure(fetched: Fetched) -> FetchFailed | None:
    """Return the failure that an answer without a body means to who needs one; None for 2xx.

    For a transcript a 404 is a failure; a poller reads 304, 410, 429 and 503 as what they are.
    """
    if fetched.body is not None:
        return None
    return FetchFailed(
        f"http_{fetched.status}",
        f"the server answered {fetched.status}",
        retriable=fetched.status in PASSING_STATUSES,
        retry_after=fetched.headers.retry_after,
    )


def body_hash(body: bytes) -> bytes:
    """Return the 32 bytes (BLAKE2b-256) by which a body is stored and compared."""
    return hashlib.blake2b(body, digest_size=32).digest()
