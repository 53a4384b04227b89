"""`/metrics` in Prometheus' text format, generated at most once in five seconds."""

import hmac
import threading
import time
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.auth.store.api_keys import find_key
from web.api.limits import request_key
from web.auth.permissions import may_read
from web.metrics_collector import Measurements

CACHE_SECONDS = 5.0

router = APIRouter(include_in_schema=False)


class _MetricsPage:
    """The latest metrics page, shared by all requests within `CACHE_SECONDS`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registry = CollectorRegistry()
        self._registry.register(Measurements())
        self._generated_at: float | None = None
        self._body = b""

    def body(self) -> bytes:
        """The page, generated again when it is too old; concurrent requests wait for it."""
        with self._lock:
            if self._generated_at is None or time.monotonic() - self._generated_at > CACHE_SECONDS:
                self._body = generate_latest(self._registry)
                self._generated_at = time.monotonic()
            return self._body


_page = _MetricsPage()


@router.get("/metrics")
def metrics(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
    """All metrics, as listed in docs/operations.md; the page itself reports what failed."""
    if not _may_read(request, authorization):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return Response(_page.body(), media_type=CONTENT_TYPE_LATEST)


def _may_read(request: Request, authorization: str) -> bool:
    """Whether the right token was sent; without one, readers of the pages read metrics."""
    token = get_settings().metrics_token
    if token is None or not token.get_secret_value():
        return may_read(request) or _has_key(request)
    expected = f"Bearer {token.get_secret_value()}"
    return hmac.compare_digest(authorization.encode("utf-8", "replace"), expected.encode())


def _has_key(request: Request) -> bool:
    """Whether an API key was sent that may read."""
    key = request_key(request.headers)
    return bool(key) and in_transaction(_may_key_read, key)


def _may_key_read(session: Session, key: str) -> bool:
    found = find_key(session, key, database_time(session))
    return found is not None and bool(found.scopes & {"read", "operate"})
