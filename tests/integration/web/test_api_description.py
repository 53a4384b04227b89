"""The API does what its description says: every answer is one that it names."""

import json
import re
import shlex
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from models.database import in_transaction
from tests.factories import new_episode, spoken, store
from tests.integration.web.reading import Page
from tests.integration.web.searched import Indexed, indexed
from tests.integration.web.world import ShownWorld

__all__ = ["indexed"]

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 8


@pytest.fixture
def filled(indexed: Indexed) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann Smith: hello", "Bob Jones: well", "hm"))
    indexed()


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
def test_api_responses_conform_to_the_description(web_url: str) -> None:
    description = httpx.get(f"{web_url}/api/v1/openapi.json", trust_env=False).json()
    assert len(description["paths"]) >= 15
    schema = schemathesis.openapi.from_dict(description)
    for found in schema.get_all_operations():
        operation: Any = found
        _ask(operation.ok(), f"{web_url}/api/v1")


def _ask(operation: Any, base: str) -> None:
    """Ask for one thing in ways that the description allows, the same at every run."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asking(case: Any) -> None:
        answer = case.call(base_url=base)
        case.validate_response(answer, checks=CHECKS)

    asking()


_PARTS = st.sampled_from(
    [
        "hello",
        "wel*",
        '"',
        "(",
        ")",
        " AND ",
        " OR ",
        " NOT ",
        "-",
        "*",
        " ",
        "“",
        "\x00",
        "\u202e",
        "ß",
        "机器",
        'he"llo',
        "a" * 120,
        "\ud7ff",
        "💥",
        "don't",
        "\n",
        '"hello there"',
    ]
)


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
def test_whatever_is_searched_for_is_found_refused_or_not_there(client: httpx.Client) -> None:
    """Some here; `python -m benchmarks fuzzing` asks a hundred thousand."""

    @settings(
        max_examples=150,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(_PARTS, max_size=12).map("".join), st.sampled_from(["relevance", "date"]))
    def asking(query: str, order: str) -> None:
        answer = client.get("/api/v1/search", params={"q": query, "order": order})
        assert answer.status_code in {200, 422}, (query, answer.text)
        assert json.loads(answer.text)

    asking()


@pytest.mark.usefixtures("filled")
def test_people_read_the_same_description(client: httpx.Client) -> None:
    page = client.get("/api")
    assert page.status_code == 200
    for path in client.get("/api/v1/openapi.json").json()["paths"]:
        assert f"GET {path}</code>" in page.text
    assert "curl" in page.text
    assert "ohk_" in page.text
    assert re.findall(r'<script src="(?!/static/)[^"]*"', page.text) == []


def test_every_example_is_answered_by_the_store_at_hand(world: ShownWorld) -> None:
    with httpx.Client(base_url=world.url, trust_env=False, timeout=60) as client:
        page = Page("", client.get("/api"))
        examples = [shlex.split(text)[1] for text in page.texts("//pre") if text[:5] == "curl "]
        assert len(examples) > 15
        refused = [one for one in examples if client.get(one).status_code != 200]
    assert refused == []
