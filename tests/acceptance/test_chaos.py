"""The part of the chaos suite that runs always; `make chaos` runs all of it on the whole world."""

import pytest

from tests.acceptance.chaos.cases import CASES, PART
from tests.acceptance.chaos.stage import IntentVerdict, Stage, stage
from tests.acceptance.conftest import Ingested

pytestmark = pytest.mark.slow

# The others need longer than a test may take, or stand in test_kills.py in their own form.
ALWAYS = (
    "broker wiped",
    "database away",
    "disk full (53100)",
)


def test_chaos_ends_with_tables_of_undisturbed_run(ingested: Ingested) -> None:
    if ingested.world.name != "demo":
        pytest.skip("the shared world takes minutes: make chaos")
    with stage(ingested.world) as made:
        verdicts = [_run(made, name, ingested) for name in ALWAYS]
    assert [verdict for verdict in verdicts if not verdict.is_clean] == []
    assert all(verdict.toll["jobs"] and not verdict.toll["dead"] for verdict in verdicts)


def _run(made: Stage, name: str, ingested: Ingested) -> IntentVerdict:
    made.reset()
    faults, recovery = CASES[name](made, PART)
    return made.judge(name, faults, recovery, ingested.contents)
