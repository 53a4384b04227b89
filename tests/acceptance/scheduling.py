"""A pytest-xdist scheduler that runs tests with a shared world in one worker, one by one.

`--dist loadgroup` should do that, but groups nothing with pytest 9.2 (pytest-xdist issue 1386).
Import the hook into tests/conftest.py: the process that distributes tests loads no other.
"""

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

# Worlds: each ingests with several processes or kills them, which in parallel would only take
# turns. Pages: they share one world and one web process. Shutdown: one installation.
GROUPS = dict.fromkeys(
    (
        "test_chaos",
        "test_demo",
        "test_flood",
        "test_kills",
        "test_world_blog",
        "test_world_ingest",
        "test_world_reingest",
    ),
    "worlds",
) | dict.fromkeys(("test_shown_figures", "test_shown_harmless", "test_in_browser"), "pages")
GROUPS["test_graceful_shutdown"] = "shutdown"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Distribute every test by itself, except those of a group."""
    return _GroupScheduling(config, log)


class _GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    def _split_scope(self, nodeid: str) -> str:
        module = PurePosixPath(nodeid.partition("::")[0]).stem
        return GROUPS.get(module, nodeid)
