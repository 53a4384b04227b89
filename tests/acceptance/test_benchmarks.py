"""Every measurement runs, at its smallest size: none is found broken when it is needed."""

import subprocess
import sys

import pytest

from benchmarks.__main__ import MEASUREMENTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_runs_at_smallest_size(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smallest", name],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
