"""The API for people: every operation, its parameters and answers, and how to try it by curl."""

import json
import shlex
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.routing import Mount

from models import get_settings
from models.queries.example_subjects import ExampleSubjects, example_subjects
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)
_DEEPEST = 6


class Parameter(NamedTuple):
    """A parameter of an operation."""

    name: str
    place: str
    kind: str
    required: bool
    default: str
    description: str


class Operation(NamedTuple):
    """One operation of the API."""

    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[Parameter]
    example: str
    answer: str
    errors: list[tuple[str, str]]


class Group(NamedTuple):
    """Operations about the same."""

    name: str
    description: str
    operations: list[Operation]


@router.get("/api")
def api_page(request: Request) -> HTMLResponse:
    """The page, made of the description that programs read."""
    mounted = (route.app for route in request.app.routes if isinstance(route, Mount))
    openapi = next(app for app in mounted if isinstance(app, FastAPI)).openapi()
    base = (get_settings().public_url or str(request.base_url)).rstrip("/")
    with snapshot() as session:
        subjects = example_subjects(session)
    groups = _groups(json.dumps(openapi), base, subjects)
    return page(
        request,
        "api.html",
        here="API",
        groups=groups,
        openapi=openapi,
        base=base,
        public=get_settings().public_reading,
    )


@lru_cache(maxsize=4)
def _groups(description: str, base: str, subjects: ExampleSubjects) -> list[Group]:
    openapi = json.loads(description)
    operations: dict[str, list[Operation]] = {tag["name"]: [] for tag in openapi["tags"]}
    for path, methods in openapi["paths"].items():
        one = methods["get"]
        operations[one["tags"][0]].append(_operation(openapi, base, path, subjects))
    return [
        Group(tag["name"], tag["description"], operations[tag["name"]]) for tag in openapi["tags"]
    ]


def _operation(
    openapi: dict[str, Any], base: str, path: str, subjects: ExampleSubjects
) -> Operation:
    one = openapi["paths"][path]["get"]
    summary, _, rest = one["description"].partition("\n\n")
    errors = [
        (status, answer["description"])
        for status, answer in sorted(one["responses"].items())
        if status != "200"
    ]
    return Operation(
        path,
        one["operationId"],
        summary,
        rest,
        [_parameter(p) for p in one.get("parameters", ())],
        f"curl {shlex.quote(base + _example_address(openapi, path, subjects))}",
        _example_answer(openapi, one),
        errors,
    )


def _parameter(parameter: dict[str, Any]) -> Parameter:
    schema = parameter["schema"]
    plain = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    kinds = plain.get("enum") or [plain.get("format") or plain.get("type") or "text"]
    default = schema.get("default")
    return Parameter(
        parameter["name"],
        parameter["in"],
        " | ".join(map(str, kinds)),
        parameter.get("required", False),
        "" if default is None else str(default),
        parameter.get("description", ""),
    )


def _example_address(openapi: dict[str, Any], path: str, subjects: ExampleSubjects) -> str:
    """An address that this store answers, if it has anything of its kind."""
    of_slug = subjects.topic_slug if path.startswith("/topics") else subjects.person_slug
    stored = {"slug": of_slug, "podcast_id": subjects.podcast_id, "episode_id": subjects.episode_id}
    address, query = path, {}
    for parameter in openapi["paths"][path]["get"].get("parameters", ()):
        name, schema = parameter["name"], _resolved(openapi, parameter["schema"])
        given = parameter.get("examples", schema.get("examples", ()))
        examples = [example for example in given if example is not None]
        value = stored.get(name) or (examples[0] if examples else schema.get("enum", [1])[0])
        if parameter["in"] == "path":
            address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif examples or parameter.get("required"):
            query[name] = str(value)
    return f"/api/v1{address}" + (f"?{urlencode(query)}" if query else "")


def _resolved(openapi: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, or the one that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return openapi["components"]["schemas"][name] if name else schema


def _example_answer(openapi: dict[str, Any], one: dict[str, Any]) -> str:
    content = one["responses"]["200"]["content"].get("application/json")
    if content is None or "schema" not in content:
        return ""
    value = _example(openapi, content["schema"], 0)
    return json.dumps(value, indent=2, ensure_ascii=False)


def _example(openapi: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """A value of a schema: its own example, or one made of its parts."""
    schema = _resolved(openapi, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if depth > _DEEPEST:
        return None
    if "anyOf" in schema:
        return _example(openapi, schema["anyOf"][0], depth)
    if "properties" in schema:
        return {
            name: _example(openapi, part, depth + 1) for name, part in schema["properties"].items()
        }
    if schema.get("type") == "array":
        return [_example(openapi, schema["items"], depth + 1)]
    by_format = {"date": "2026-02-09", "date-time": "2026-02-09T06:30:00Z"}
    plain = {"integer": 1, "number": 1.5, "boolean": False, "string": "…"}
    return by_format.get(schema.get("format", ""), plain.get(schema.get("type", "")))
