"""Test data of other projects: beside the repository, or where a variable says."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


def corpus(name: str) -> Path:
    """The directory of a corpus; skips the calling module if it is absent."""
    shared = Path(os.environ.get("OVERHEARD_SHARED") or _REPOSITORY.parent / "shared")
    folder = shared / "corpora" / name
    if not folder.is_dir():
        pytest.skip(
            f"no {folder.name} corpus: set OVERHEARD_SHARED to the folder that holds corpora/",
            allow_module_level=True,
        )
    return folder
