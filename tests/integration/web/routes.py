"""Every route of the application, with its path as declared."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.routing import Mount

from web.app import create_app


class AppRoute(NamedTuple):
    """A method and a path with its parameters in braces."""

    method: str
    path: str


def all_routes() -> list[AppRoute]:
    """Every route of pages and API."""
    return sorted(set(_routes(create_app().routes, "")))


def _routes(routes: Any, prefix: str) -> Iterator[AppRoute]:
    for route in routes:
        if included := getattr(route, "original_router", None):
            assert isinstance(included, APIRouter)
            yield from _routes(included.routes, prefix)
        elif isinstance(route, Mount):
            yield from _routes(route.routes, prefix + route.path)
        else:
            for method in route.methods - {"HEAD"}:
                yield AppRoute(method, prefix + route.path)
