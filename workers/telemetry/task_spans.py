"""A span for each message that is sent and each task that runs, of one trace by the message."""

import threading
from contextvars import Token
from dataclasses import dataclass
from typing import Any

from celery.signals import (
    after_task_publish,
    before_task_publish,
    task_failure,
    task_postrun,
    task_prerun,
)
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tasks.jobs.correlation import HEADER
from workers.telemetry.spans import fail_span, start_span

# The header of W3C Trace Context, which other clients of Celery send, too.
_TRACEPARENT = "traceparent"
_HEARTBEAT = "overheard.telemetry.heartbeat"
_SYSTEM = "celery"

_propagator = TraceContextTextMapPropagator()


@dataclass
class _Running:
    """The span of a task, and what makes the one before it current again."""

    span: Span
    token: Token[Context]


class _SentMessages(threading.local):
    """The spans of the messages that a thread is sending."""

    def __init__(self) -> None:
        self.spans: list[Span] = []


_running: dict[str, _Running] = {}
_sending = _SentMessages()


def _before_send(
    sender: str = "", headers: dict[str, Any] | None = None, routing_key: str = "", **_: Any
) -> None:
    if headers is None:
        return
    attributes = {"messaging.system": _SYSTEM, "messaging.destination.name": routing_key}
    span = start_span(f"send {sender}", SpanKind.PRODUCER, attributes, headers.get(HEADER))
    _sending.spans.append(span)
    _propagator.inject(headers, trace.set_span_in_context(span, Context()))


def _after_send(**_: Any) -> None:
    while _sending.spans:
        _sending.spans.pop().end()


def _task_started(task_id: str = "", task: Any = None, **_: Any) -> None:
    if task.name == _HEARTBEAT:
        return
    sent: dict[str, str] = {_TRACEPARENT: getattr(task.request, _TRACEPARENT, None) or ""}
    attributes = {"messaging.system": _SYSTEM, "messaging.message.id": task_id}
    span = start_span(
        task.name,
        SpanKind.CONSUMER,
        attributes,
        getattr(task.request, HEADER, None),
        _propagator.extract(sent, Context()),
    )
    _running[task_id] = _Running(span, context.attach(trace.set_span_in_context(span)))


def _task_failed(task_id: str = "", exception: BaseException | None = None, **_: Any) -> None:
    if running := _running.get(task_id):
        fail_span(running.span, type(exception).__name__)


def _task_ended(task_id: str = "", **_: Any) -> None:
    if running := _running.pop(task_id, None):
        context.detach(running.token)
        running.span.end()


_RECEIVERS = (
    (before_task_publish, _before_send),
    (after_task_publish, _after_send),
    (task_prerun, _task_started),
    (task_failure, _task_failed),
    (task_postrun, _task_ended),
)


def connect() -> None:
    """Trace the messages and tasks of this process."""
    for signal, receiver in _RECEIVERS:
        signal.connect(receiver)


def disconnect() -> None:
    """Trace them no more."""
    for signal, receiver in _RECEIVERS:
        signal.disconnect(receiver)
