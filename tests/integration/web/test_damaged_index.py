"""Pages over a damaged search index: those that can do without it, do."""

import re
from pathlib import Path

import httpx
import pytest

from models import get_settings
from models.database import in_transaction
from tasks.search.index_directory import current
from tests.factories import new_episode, spoken, store
from tests.integration.web.searched import Indexed, indexed

__all__ = ["indexed"]

pytestmark = pytest.mark.slow


@pytest.fixture(params=["pos", "term", "fast"])
def _damaged(request: pytest.FixtureRequest, indexed: Indexed) -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: hello there", "Bob Jones: hm"))
    indexed()
    folder = get_settings().search_index
    generation = current(folder or Path())
    assert generation is not None
    (path,) = generation.glob(f"*.{request.param}")
    path.unlink()


@pytest.mark.usefixtures("_damaged")
@pytest.mark.parametrize("path", ["", "?q=hello", "/appearances.csv?q=hello", "/feed.atom"])
def test_pages_do_without_a_damaged_index(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/people/ann-smith{path}")
    assert answer.status_code == 200
    assert "hello there" in re.sub(r"</?mark>", "", answer.text)


@pytest.mark.usefixtures("_damaged")
def test_search_says_that_it_is_away(client: httpx.Client) -> None:
    assert client.get("/search?q=hello").status_code == 200
    answer = client.get("/api/v1/search?q=hello")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
