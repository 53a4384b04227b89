"""Keeps the tests that share an ingested world in one worker of pytest-xdist, one after another.

`--dist loadgroup` is meant for that, but groups nothing with pytest 9.2 (pytest-xdist issue 1386).
Import the hook into tests/conftest.py: the process that deals out the tests loads no other.
"""

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

# The worlds: each ingests by several processes, or kills them: side by side they would only take
# turns. The pages: they share one world and one web process. Leaving: one installation.
TOGETHER = dict.fromkeys(
    ("test_chaos", "test_demo", "test_kills", "test_world_ingest", "test_world_reingest"), "worlds"
) | dict.fromkeys(("test_shown_figures", "test_shown_harmless", "test_in_browser"), "pages")
TOGETHER["test_leaving"] = "leaving"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Deal out every test by itself, except those that belong together."""
    return _Together(config, log)


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    def _split_scope(self, nodeid: str) -> str:
        module = PurePosixPath(nodeid.partition("::")[0]).stem
        return TOGETHER.get(module, nodeid)
