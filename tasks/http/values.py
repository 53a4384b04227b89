"""Requests, responses, failures and limits of HTTP, as values."""

import hashlib
from dataclasses import dataclass, field

# Statuses that may change within seconds (RFC 9110, 15.5.9 and 15.6; RFC 8470 for 425).
TRANSIENT_STATUSES = frozenset({408, 425, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much time and how many bytes one fetch may take, including its redirects."""

    deadline_seconds: float = 30.0
    connect_seconds: float = 10.0
    max_wire_bytes: int = 32 * 1024 * 1024
    max_body_bytes: int = 128 * 1024 * 1024
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How many requests of a batch run at once, against all hosts and against one host.

    While bodies of ``max_bytes`` or more wait to be taken, no further request starts.
    """

    concurrency: int = 64
    per_host: int = 2
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One URL to GET, with the validators of the stored response; it may contain credentials.

    ``validators_origin`` is the origin that sent the validators, where redirects led to another
    than that of the URL: nobody else receives them. With a ``form``
    (``application/x-www-form-urlencoded``, as bytes) it is a POST. ``headers`` may have secrets,
    and are sent where credentials are. A ``range`` ("bytes=500-", RFC 9110, 14.2; '' for all of
    it) asks for the bytes as they are, not compressed, and with ``if_range`` only if they are
    still those of that validator.
    """

    url: str = field(repr=False)
    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    validators_origin: str | None = None
    form: bytes | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    range: str | None = None
    if_range: str | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect that was followed: the requested URL, its status, the target URL."""

    url: str = field(repr=False)
    status: int
    location: str = field(repr=False)

    @property
    def permanent(self) -> bool:
        """Whether the redirect is permanent (RFC 9110, 15.4.2 and 15.4.9)."""
        return self.status in {301, 308}

    @property
    def downgrade(self) -> bool:
        """Whether it leads from https to http."""
        return self.url.startswith("https:") and self.location.startswith("http:")


@dataclass(frozen=True, slots=True)
class ResponseHeaders:
    """The response header fields that we act on, as sent; None when absent or malformed."""

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
    """A response of any status; ``body`` is decoded, and None unless the status is 2xx.

    ``url`` is the final URL, without userinfo; ``wire_bytes`` is the size of the encoded body.
    """

    status: int
    url: str = field(repr=False)
    headers: ResponseHeaders = field(default_factory=ResponseHeaders)
    hops: tuple[Hop, ...] = ()
    body: bytes | None = field(default=None, repr=False)
    wire_bytes: int = 0
    took_ms: int = 0

    @property
    def permanent_url(self) -> str | None:
        """Where the URL has moved permanently: the target of the leading permanent redirects.

        A redirect from https to http is followed, but never counts as permanent.
        """
        moved = None
        for hop in self.hops:
            if not hop.permanent or hop.downgrade:
                break
            moved = hop.location
        return moved


class FetchFailed(Exception):
    """The fetch got no usable response. The message has no secrets and may be shown and logged.

    Attributes:
        reason: the reason code: ``timeout``, ``dns_failed``, ``connect_failed``,
            ``tls_failed``, ``dropped``, ``truncated``, ``protocol_error``, ``too_large``,
            ``bad_encoding``, ``redirect_loop``, ``too_many_redirects``, ``bad_url``,
            ``scheme_refused``, ``address_refused``, ``port_refused``, ``not_attempted``,
            ``http_404`` …
        retriable: whether the same request may succeed within seconds.
        retry_after: the Retry-After field of the response as sent, if there was one.
    """

    def __init__(
        self, reason: str, message: str, *, retriable: bool = False, retry_after: str | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retriable = retriable
        self.retry_after = retry_after


def status_failure(fetched: Fetched) -> FetchFailed | None:
    """Return a failure for a response without a body; None for 2xx.

    For callers that need a body, such as a transcript's. A poll interprets 304, 410, 429 and 503
    itself.
    """
    if fetched.body is not None:
        return None
    return FetchFailed(
        f"http_{fetched.status}",
        f"the server responded with {fetched.status}",
        retriable=fetched.status in TRANSIENT_STATUSES,
        retry_after=fetched.headers.retry_after,
    )


def batch_ended(*, started: bool) -> FetchFailed:
    """Return the failure of a request that had no response when its batch ended."""
    if started:
        return FetchFailed("timeout", "the batch ended before the response was complete")
    return FetchFailed("not_attempted", "the batch ended before the request started")


def body_hash(body: bytes) -> bytes:
    """Return the BLAKE2b-256 hash (32 bytes) by which bodies are compared and stored."""
    return hashlib.blake2b(body, digest_size=32).digest()
