"""The web application: which parts it has, and what surrounds every answer."""

from fastapi import FastAPI

from web import health, metrics
from web.access import AccessLog
from web.errors import answer_errors
from web.headers import SecurityHeaders
from web.pages import account, home, operate, operate_reingest, sign_in
from web.same_origin import SameOrigin
from web.static_files import ShippedFiles


def create_app() -> FastAPI:
    """The ASGI application, as uvicorn asks for it in each process.

    Parts are routers, each in a module of its own. The interactive documentation that FastAPI
    serves by itself loads foreign scripts, and is off.
    """
    app = FastAPI(title="Overheard", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router)
    app.include_router(home.router)
    app.include_router(sign_in.router)
    app.include_router(account.router)
    app.include_router(operate.router)
    app.include_router(operate_reingest.router)
    app.mount("/static", ShippedFiles(), name="static")
    answer_errors(app)
    app.add_middleware(SameOrigin)
    app.include_router(metrics.router)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)
    return app
