"""Polls the top lists that are due, one after the other."""

from datetime import timedelta

import structlog

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.charts.store import (
    DueChart,
    claim_due_charts,
    record_failure,
    record_success,
    repeat_top_list,
    store_top_list,
)
from tasks.charts.top_list import TopListRefused, chart_names, chart_url, read_top_list
from tasks.http.fetch import fetch
from tasks.http.settings import fetch_loop
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, status_failure

log = structlog.get_logger()

INTERVAL = timedelta(hours=6)
LIMITS = FetchLimits(deadline_seconds=20, max_wire_bytes=4_000_000, max_body_bytes=4_000_000)


def poll_due_charts() -> int:
    """Poll the charts of the setting that are due; return how many were."""
    charts = chart_names(get_settings().store_charts)
    if not charts:
        return 0
    due = in_transaction(
        lambda session: claim_due_charts(session, charts, database_time(session), INTERVAL)
    )
    for chart in due:
        _poll(chart)
    return len(due)


def _poll(chart: DueChart) -> None:
    url = chart_url(get_settings().apple_url.rstrip("/"), chart.chart)
    request = FetchRequest(url, chart.etag, chart.last_modified, accept="application/json")
    try:
        fetched = fetch_loop().run(lambda client: fetch(client, request, LIMITS))
        if fetched.status != 304 and (failure := status_failure(fetched)):
            raise failure
        in_transaction(_store, chart.chart, fetched)
    except FetchFailed as failure:
        _failed(chart.chart, reason=failure.reason, message=str(failure))
    except TopListRefused as refused:
        _failed(chart.chart, reason="not_a_chart", message=str(refused))


def _store(session: Session, chart: str, fetched: Fetched) -> None:
    now = database_time(session)
    if fetched.body is None:
        repeat_top_list(session, chart, now.date())
    else:
        store_top_list(session, chart, now.date(), read_top_list(fetched.body))
    headers = fetched.headers
    record_success(session, chart, now, headers.etag, headers.last_modified)
    log.info("chart_polled", chart=chart, status=fetched.status)


def _failed(chart: str, *, reason: str, message: str) -> None:
    in_transaction(record_failure, chart, reason, message)
    log.warning("chart_failed", chart=chart, reason=reason, message=message)
