"""Every query whose rows are shown hides the URLs of private podcasts: none may read past it."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import pytest

import models.queries
from models.queries import shown
from tests.paths import ROOT

_READING = {"fetch_all", "fetch_one", "fetch_only", "fetch_dicts", "rows"}
_ROWS_OF_FEEDS = {"Podcast", "Episode", "Transcript", "Crawl", "Subscription", "FeedUrlHistory"}


def _row_types() -> Iterator[type]:
    for module in pkgutil.iter_modules(models.queries.__path__):
        found = importlib.import_module(f"models.queries.{module.name}")
        for each in vars(found).values():
            if isinstance(each, type) and is_dataclass(each) and each.__module__ == found.__name__:
                yield each


ROW_TYPES = sorted(_row_types(), key=lambda each: each.__qualname__)
QUERIES = sorted(path for path in (ROOT / "models/queries").glob("*.py") if path.stem != "shown")
# A backup has all that the database has, and is for its owner alone.
_UNSHOWN = ROOT / "workers" / "backup"
SURFACES = sorted(
    path
    for folder in ("web", "workers")
    for path in (ROOT / folder).rglob("*.py")
    if _UNSHOWN not in path.parents
)


@pytest.mark.parametrize("row_type", ROW_TYPES, ids=lambda each: str(each.__name__))
def test_row_with_a_url_says_whose_it_is(row_type: type) -> None:
    names = {field.name for field in fields(row_type)}
    assert set(shown._url_fields(row_type)) == names & shown.URL_FIELDS
    assert not {name for name in names - shown.URL_FIELDS if name.endswith("_url")} - {"feed_url"}


def test_row_that_does_not_say_whose_it_is_is_refused() -> None:
    @dataclass
    class Nameless:
        audio_url: str

    with pytest.raises(TypeError, match="audio_url, and no podcast_id"):
        shown._url_fields(Nameless)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_query_does_not_read_past_what_is_shown(path: Path) -> None:
    assert not _imported(path, "models.database.sql") & _READING


@pytest.mark.parametrize("path", SURFACES, ids=lambda path: path.stem)
def test_surface_reads_no_rows_of_feeds_by_itself(path: Path) -> None:
    assert not _imported(path, "models.database.sql") & _READING
    assert not _imported(path, "models") & _ROWS_OF_FEEDS


def _imported(path: Path, module: str) -> set[str]:
    return {
        name.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == module
        for name in node.names
    }
