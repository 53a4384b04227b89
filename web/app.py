"""The web application: its routers and middleware."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

import workers.celery_app  # noqa: F401  its app sends the tasks
from models import get_settings
from tasks.artwork.fetch import end_artwork_fetches
from tasks.plans.plan_file import plans_of_service
from web import health, metrics, websub
from web.api.app import create_api
from web.auth.csrf import SameOrigin
from web.auth.permissions import readers_only
from web.middleware.access_log import AccessLog
from web.middleware.body_limits import BodyLimits
from web.middleware.cache_control import CacheControl
from web.middleware.current_reads import CurrentReads
from web.middleware.errors import answer_errors
from web.middleware.head_requests import HeadRequests
from web.middleware.known_hosts import KnownHosts
from web.middleware.lanes import Lanes
from web.middleware.languages import Languages
from web.middleware.security_headers import SecurityHeaders
from web.middleware.slow_refusals import SlowRefusals
from web.pages import (
    account,
    account_keys,
    adding,
    api,
    artwork,
    blog,
    charts,
    discovery,
    episodes,
    first_account,
    home,
    language,
    operate,
    operate_audit,
    operate_first_steps,
    operate_jobs,
    operate_people,
    operate_podcasts,
    operate_reingest,
    operate_review,
    operate_speech,
    people,
    person,
    person_files,
    podcasts,
    pricing,
    quotes,
    searching,
    sign_in,
    store_charts,
    topics,
    transcript_files,
    two_people,
)
from web.read_transaction import without_null_bytes
from web.static_files import ShippedFiles
from workers.telemetry.start import begin_telemetry, end_telemetry, is_tracing

# For readers; open to everyone (or with an access check of their own); for operators.
_PAGES = (
    *(home, people, person_files, person, two_people, podcasts, episodes, topics, charts),
    *(adding, artwork, searching, blog, store_charts, transcript_files, quotes),
)
_OPEN = (
    *(
        discovery,
        health,
        metrics,
        websub,
        sign_in,
        first_account,
        language,
        account,
        account_keys,
        api,
        pricing,
    ),
)
_OPERATE = (
    operate,
    operate_audit,
    operate_first_steps,
    operate_jobs,
    operate_reingest,
    operate_review,
    operate_speech,
    operate_people,
    operate_podcasts,
)  # each requires an operator itself


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """At the end, artwork that waits to be fetched is given up: the process would wait."""
    yield
    end_artwork_fetches()
    end_telemetry()


def create_app() -> FastAPI:
    """The ASGI application, which uvicorn creates once in each process.

    Each router is a module of its own. The interactive documentation that FastAPI
    serves by default loads scripts of third parties, so it is off.
    """
    begin_telemetry("web")
    plans_of_service()  # now, and not within the first request
    app = FastAPI(
        title="Overheard",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(without_null_bytes)],
        lifespan=_lifespan,
    )
    for part in _PAGES:
        app.include_router(part.router, dependencies=[Depends(readers_only)])
    for part in (*_OPEN, *_OPERATE):
        app.include_router(part.router)
    app.mount("/api/v1", create_api(), name="api")
    app.mount("/static", ShippedFiles(), name="static")
    app.add_exception_handler(person.Moved, person.moved)
    answer_errors(app)
    # The last one is the outermost: what refuses cheaply comes before what costs something.
    app.add_middleware(KnownHosts)  # behind the next one, which compares the host that was sent
    app.add_middleware(SameOrigin)
    if get_settings().read_database_url:
        app.add_middleware(CurrentReads)
    app.add_middleware(Lanes)
    app.add_middleware(BodyLimits)
    app.add_middleware(SlowRefusals)
    app.add_middleware(CacheControl)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Languages)
    app.add_middleware(HeadRequests)
    app.add_middleware(AccessLog)
    if is_tracing():
        from web.middleware.request_spans import RequestSpans  # noqa: PLC0415  loads OpenTelemetry

        app.add_middleware(RequestSpans)
    return app
