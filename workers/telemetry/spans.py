"""Spans of OpenTelemetry in the trace of a correlation id.

Attributes are names, numbers and ids of our own. What may be personal or secret is never one: no
URL, no parameter of a statement, no message of an exception, no client.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, Span, SpanKind, StatusCode

from tasks.jobs.correlation import correlation_id
from workers.telemetry.trace_ids import trace_id_of

# The trace id of the root span that begins next.
_trace_id: ContextVar[int | None] = ContextVar("trace_id", default=None)

_provider: TracerProvider | None = None


class TraceIds(RandomIdGenerator):
    """Trace ids of correlation ids, and random ones without."""

    def generate_trace_id(self) -> int:
        """The id of a new trace."""
        return _trace_id.get() or super().generate_trace_id()


def use_provider(provider: TracerProvider | None) -> None:
    """Start all spans of this process with this provider; None starts none any more."""
    global _provider  # noqa: PLW0603  one for each process
    _provider = provider


def is_in_span() -> bool:
    """Whether the current work is traced."""
    return trace.get_current_span().is_recording()


def start_span(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, str | int],
    correlation: str | None = None,
    parent: Context | None = None,
) -> Span:
    """Start a span in the trace of this correlation id, or of the current one.

    A parent in another trace becomes a link: it only sent what another tick caused.
    """
    if _provider is None:
        return trace.INVALID_SPAN
    correlation = correlation or correlation_id()
    if correlation:
        attributes = {**attributes, "overheard.correlation_id": correlation}
    tracer = _provider.get_tracer("overheard")
    above = trace.get_current_span(parent).get_span_context()
    trace_id = trace_id_of(correlation) if correlation else None
    if above.is_valid and trace_id in {None, above.trace_id}:
        return tracer.start_span(name, parent, kind, attributes)
    links = [Link(above)] if above.is_valid else []
    token = _trace_id.set(trace_id)
    try:
        return tracer.start_span(name, Context(), kind, attributes, links)
    finally:
        _trace_id.reset(token)


@contextmanager
def open_span(
    name: str, kind: SpanKind, attributes: Mapping[str, str | int] | None = None
) -> Iterator[Span]:
    """A span for the block; an exception marks it as failed by its type, without its message."""
    span = start_span(name, kind, attributes or {})
    with trace.use_span(
        span, end_on_exit=True, record_exception=False, set_status_on_exception=False
    ):
        try:
            yield span
        except BaseException as error:
            fail_span(span, type(error).__name__)
            raise


def fail_span(span: Span, error_type: str) -> None:
    """Mark a span as failed."""
    span.set_attribute("error.type", error_type)
    span.set_status(StatusCode.ERROR)
