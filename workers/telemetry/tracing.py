"""Traces by OpenTelemetry: their provider and exporter, and what begins and ends with them."""

import logging
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from sqlalchemy import Engine, event

from models.tls import authorities
from workers.telemetry import task_spans
from workers.telemetry.span_events import send_events_to
from workers.telemetry.spans import TraceIds, use_provider
from workers.telemetry.statement_spans import trace_statements
from workers.worker.outages import Outages

EXPORT_SECONDS = 5.0


class _LoggedExporter(SpanExporter):
    """Sends spans, and logs an outage of the collector like that of any other server."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._outages = Outages()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._outages.succeeded("collector")
        else:
            self._outages.failed("collector", "it does not take traces; they are lost meanwhile")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def begin_tracing(process: str, url: str) -> Callable[[], None]:
    """Trace this process from now on; returns what ends it."""
    provider = TracerProvider(
        resource=_resource(process), id_generator=TraceIds(), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(
        endpoint=url, certificate_file=authorities(), timeout=EXPORT_SECONDS
    )
    provider.add_span_processor(BatchSpanProcessor(_LoggedExporter(exporter)))
    for library in ("opentelemetry", "urllib3"):  # the outage is logged above
        logging.getLogger(library).setLevel(logging.CRITICAL)
    use_provider(provider)
    event.listen(Engine, "connect", trace_statements)
    task_spans.connect()
    send_events_to(_add_event)

    def end() -> None:
        send_events_to(None)
        task_spans.disconnect()
        event.remove(Engine, "connect", trace_statements)
        use_provider(None)
        provider.shutdown()

    return end


def _resource(process: str) -> Resource:
    names = {"service.name": f"overheard-{process}", "service.namespace": "overheard"}
    return Resource.create({**names, "service.version": version("overheard")})


def _add_event(name: str, attributes: dict[str, Any]) -> None:
    span = trace.get_current_span()
    if span.is_recording():
        span.add_event(name, attributes)
