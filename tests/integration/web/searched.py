"""An index of what is stored now, where the pages and the API read it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models import get_settings
from tasks.search.indexer import rebuild_index
from tests.integration.waiting import until_all_changes_are_shown

Indexed = Callable[[], None]


@pytest.fixture
def indexed(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Indexed:
    """Build the index again."""
    del database
    root = tmp_path / "search"
    monkeypatch.setenv("OVERHEARD_SEARCH_INDEX", str(root))
    get_settings.cache_clear()

    def build() -> None:
        until_all_changes_are_shown()
        rebuild_index(root)

    return build
