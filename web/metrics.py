"""`/metrics`: the state of the work in Prometheus' form, read at most once in some seconds."""

import hmac
import threading
import time
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from models import get_settings
from web.metrics_collector import Measurements

CACHE_SECONDS = 5.0

router = APIRouter(include_in_schema=False)


class _Page:
    """The last answer, which all who ask within some seconds share."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._registry = CollectorRegistry()
        self._registry.register(Measurements())
        self._made_at: float | None = None
        self._body = b""

    def body(self) -> bytes:
        """The page, made anew when it is too old; whoever comes meanwhile waits for it."""
        with self._making:
            if self._made_at is None or time.monotonic() - self._made_at > CACHE_SECONDS:
                self._body = generate_latest(self._registry)
                self._made_at = time.monotonic()
            return self._body


_page = _Page()


@router.get("/metrics")
def metrics(authorization: Annotated[str, Header()] = "") -> Response:
    """Every metric, as docs/operations.md has them; the page itself says what fails."""
    if not _may_read(authorization):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return Response(_page.body(), media_type=CONTENT_TYPE_LATEST)


def _may_read(authorization: str) -> bool:
    """Whether no token is set, or it was sent."""
    token = get_settings().metrics_token
    if token is None or not token.get_secret_value():
        return True
    wanted = f"Bearer {token.get_secret_value()}"
    return hmac.compare_digest(authorization.encode("utf-8", "replace"), wanted.encode())
