"""The open half of the judged cases is read as its authors say, but for what is listed here."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.judged import CASES, SCORES, Score

LEAST = {"labels": 0.97, "people": 0.97, "headings": 0.97, "documents": 0.9}


@pytest.mark.parametrize("kind", SCORES)
def test_judged_cases_are_read_rightly(kind: str) -> None:
    score: Callable[[Path], Score] = SCORES[kind]
    result = score(CASES / "open")
    assert result.share >= LEAST[kind], result.wrong
