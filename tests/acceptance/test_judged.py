"""The judged cases are read as their authors say, but for the shares that docs/identity.md has."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.judged import CASES, SCORES, Score

LEAST = {
    "open": {"labels": 1.0, "people": 0.98, "headings": 1.0, "documents": 0.95},
    "opened": {"labels": 1.0, "people": 0.97, "headings": 1.0, "documents": 0.93},
    "styles": {"documents": 0.97},
    "styles-opened": {"documents": 0.93},
}


@pytest.mark.parametrize(("half", "kind"), [(half, kind) for half in LEAST for kind in LEAST[half]])
def test_judged_cases_are_read_rightly(kind: str, half: str) -> None:
    score: Callable[[Path], Score] = SCORES[kind]
    result = score(CASES / half)
    assert result.share >= LEAST[half][kind], result.wrong
