"""The part of the chaos suite that always runs; `make chaos` runs all on the shared world."""

import pytest

from tests.acceptance.chaos.cases import CASES, PART
from tests.acceptance.chaos.system import CaseResult, System, chaos_system
from tests.acceptance.conftest import Ingested

pytestmark = pytest.mark.slow

# The others take too long for a test, or are in test_kills.py in another form.
ALWAYS = (
    "broker wiped",
    "database unavailable",
    "disk full (53100)",
)


def test_chaos_ends_with_tables_of_undisturbed_run(ingested: Ingested) -> None:
    if ingested.world.name != "demo":
        pytest.skip("the shared world takes minutes: make chaos")
    with chaos_system(ingested.world) as system:
        results = [_run(system, name, ingested) for name in ALWAYS]
    assert [result for result in results if not result.is_clean] == []
    assert all(result.job_totals["jobs"] and not result.job_totals["dead"] for result in results)


def _run(system: System, name: str, ingested: Ingested) -> CaseResult:
    system.reset()
    faults, recovery = CASES[name](system, PART)
    return system.compare(name, faults, recovery, ingested.contents)
