"""A WebSub hub on loopback: takes subscriptions, verifies what is meant, signs and distributes."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

CHALLENGE = "a challenge of 1,000 <b>words</b>"


@dataclass(frozen=True)
class Subscribed:
    """Whom the hub tells of a topic, and what it signs with."""

    callback: str
    topic: str
    secret: str


@dataclass
class Hub:
    """What the hub answers and says, which a test may change at any time.

    ``verifies``: whether it asks the subscriber back, which it does before it answers; ``lease``:
    what it then offers, None for nothing at all.
    """

    client: httpx.Client = field(repr=False)
    url: str = ""
    status: int = 202
    location: str = ""
    retry_after: str = ""
    verifies: bool = True
    lease: str | None = "86400"
    method: str = "sha256"
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[httpx.Response] = field(default_factory=list)
    subscribed: list[Subscribed] = field(default_factory=list)

    def take(self, form: dict[str, str]) -> None:
        """Take a request to subscribe or unsubscribe."""
        self.asked.append(form)
        if self.verifies and self.status < 300 and self.verify(form).text == CHALLENGE:
            one = Subscribed(form["hub.callback"], form["hub.topic"], form.get("hub.secret", ""))
            kept = [other for other in self.subscribed if other.callback != one.callback]
            self.subscribed = [*kept, one] if form["hub.mode"] == "subscribe" else kept

    def verify(self, form: dict[str, str], **other: str | None) -> httpx.Response:
        """Ask the subscriber whether it meant that; ``other`` replaces what is said to it."""
        said: dict[str, str | None] = {
            "hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"],
            "hub.challenge": CHALLENGE, "hub.lease_seconds": self.lease,
        } | {f"hub.{name}": value for name, value in other.items()}  # fmt: skip
        query = {name: value for name, value in said.items() if value is not None}
        self.answers.append(self.client.get(form["hub.callback"], params=query))
        return self.answers[-1]

    def distribute(self, body: bytes = b"news", **headers: str) -> list[int]:
        """Push to everybody; the statuses of their answers. ``headers`` replace the true ones."""
        return [self.push(one, body, **headers) for one in self.subscribed]

    def push(self, to: Subscribed, body: bytes = b"news", **headers: str) -> int:
        """Push to one subscriber."""
        signature = hmac.new(to.secret.encode(), body, getattr(hashlib, self.method)).hexdigest()
        sent = {
            "X-Hub-Signature": f"{self.method}={signature}",
            "Link": f'<{self.url}>; rel="hub", <{to.topic}>; rel="self"',
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        return self.client.post(to.callback, content=body, headers=raw).status_code

    def forged(self, **other: Any) -> Subscribed:
        """The only subscriber, as somebody would know it who does not know everything."""
        (one,) = self.subscribed
        return replace(one, **other)


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Run a hub while the block lasts."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield from _running(Hub(client))


def _running(hub: Hub) -> Iterator[Hub]:

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            hub.take({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(hub.status)
            if hub.location:
                self.send_header("Location", hub.location)
            if hub.retry_after:
                self.send_header("Retry-After", hub.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}/hub"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


def port_of(url: str) -> int:
    """The port of an address."""
    return urlsplit(url).port or 0
