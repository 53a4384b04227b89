"""A WebSub hub on loopback: accepts subscriptions, verifies intent, signs and distributes."""

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
    """A subscriber of the hub: callback, topic and the secret for signatures."""

    callback: str
    topic: str
    secret: str


@dataclass
class Hub:
    """The behaviour of the hub, which a test may change at any time.

    ``verifies``: whether it verifies the intent of a request, which it does before it responds;
    ``lease``: the lease that it then offers, None for none.
    """

    client: httpx.Client = field(repr=False)
    url: str = ""
    status: int = 202
    location: str = ""
    retry_after: str = ""
    verifies: bool = True
    lease: str | None = "86400"
    method: str = "sha256"
    requests: list[dict[str, str]] = field(default_factory=list)
    verifications: list[httpx.Response] = field(default_factory=list)
    subscribed: list[Subscribed] = field(default_factory=list)

    def receive(self, form: dict[str, str]) -> None:
        """Receive a request to subscribe or unsubscribe."""
        self.requests.append(form)
        if self.verifies and self.status < 300 and self.verify(form).text == CHALLENGE:
            secret = form.get("hub.secret", "")
            subscriber = Subscribed(form["hub.callback"], form["hub.topic"], secret)
            others = [s for s in self.subscribed if s.callback != subscriber.callback]
            self.subscribed = [*others, subscriber] if form["hub.mode"] == "subscribe" else others

    def verify(self, form: dict[str, str], **changes: str | None) -> httpx.Response:
        """Verify the intent of a request at its callback; ``changes`` replace query fields."""
        fields: dict[str, str | None] = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": CHALLENGE,
            "hub.lease_seconds": self.lease,
        }
        fields |= {f"hub.{name}": value for name, value in changes.items()}
        query = {name: value for name, value in fields.items() if value is not None}
        self.verifications.append(self.client.get(form["hub.callback"], params=query))
        return self.verifications[-1]

    def distribute(self, body: bytes = b"news", **headers: str) -> list[int]:
        """Push to all subscribers; return their statuses. ``headers`` replace the correct ones."""
        return [self.push(subscriber, body, **headers) for subscriber in self.subscribed]

    def push(self, to: Subscribed, body: bytes = b"news", **headers: str) -> int:
        """Push to one subscriber; return its status."""
        signature = hmac.new(to.secret.encode(), body, getattr(hashlib, self.method)).hexdigest()
        sent = {
            "X-Hub-Signature": f"{self.method}={signature}",
            "Link": f'<{self.url}>; rel="hub", <{to.topic}>; rel="self"',
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        return self.client.post(to.callback, content=body, headers=raw).status_code

    def forged(self, **changes: Any) -> Subscribed:
        """Return the only subscriber, with changes, as an attacker may guess it."""
        (subscriber,) = self.subscribed
        return replace(subscriber, **changes)


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
            hub.receive({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(hub.status)
            if hub.location:
                self.send_header("Location", hub.location)
            if hub.retry_after:
                self.send_header("Retry-After", hub.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

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
    """Return the port of a URL."""
    return urlsplit(url).port or 0
