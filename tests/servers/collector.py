"""A server on loopback that receives traces (OTLP over HTTP) and error reports (Sentry)."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACES = "/v1/traces"


@dataclass(frozen=True)
class ReceivedSpan:
    """One span as it was received."""

    service: str
    name: str
    trace_id: int
    span_id: bytes
    parent_id: bytes
    failed: bool
    links: tuple[int, ...]
    attributes: dict[str, str | int]
    events: tuple[str, ...]


class Collector:
    """What was received so far; ``broken`` answers 503 to everything."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.dsn = f"http://public-key@127.0.0.1:{port}/1"
        self.broken = False
        self.refused = 0
        self.bodies: list[tuple[str, bytes]] = []

    @property
    def everything(self) -> str:
        """All that was received, as text."""
        return "\n".join(body.decode("utf-8", "replace") for _, body in self.bodies)

    def spans(self) -> list[ReceivedSpan]:
        """All spans, in the order of their arrival."""
        return [span for path, body in list(self.bodies) if path == TRACES for span in _spans(body)]

    def reports(self) -> list[dict[str, Any]]:
        """All events of Sentry's envelopes."""
        return [
            event
            for path, body in list(self.bodies)
            if path.endswith("/envelope/")
            for event in _events(body)
        ]


@contextmanager
def collector() -> Iterator[Collector]:
    """Receive during the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    received = Collector(server.server_port)
    server.collector = received  # type: ignore[attr-defined]  # read by the handler
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Store a body; both protocols take an empty response for success."""
        received: Collector = self.server.collector  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if received.broken:
            received.refused += 1
        else:
            received.bodies.append((self.path, body))
        self.send_response(503 if received.broken else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name
        """Stay silent."""


def _spans(body: bytes) -> Iterator[ReceivedSpan]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        about = _attributes(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    service=str(about["service.name"]),
                    name=span.name,
                    trace_id=int.from_bytes(span.trace_id, "big"),
                    span_id=span.span_id,
                    parent_id=span.parent_span_id,
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    links=tuple(int.from_bytes(link.trace_id, "big") for link in span.links),
                    attributes=_attributes(span.attributes),
                    events=tuple(event.name for event in span.events),
                )


def _attributes(pairs: Any) -> dict[str, str | int]:
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in pairs}


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    """The payloads of an envelope: a line of headers, then a header and a payload for each item."""
    lines = [json.loads(line) for line in body.splitlines() if line]
    for header, payload in zip(lines[1::2], lines[2::2], strict=True):
        if header["type"] == "event":
            yield payload
