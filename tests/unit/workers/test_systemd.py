"""The systemd units: accepted by systemd, and what they start are commands of ours."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workers.cli.lazy_group import lazy_commands

UNITS = Path(__file__).parents[3] / "ops" / "systemd"
PROGRAM = "/opt/overheard/bin/overheard"


def started() -> list[str]:
    """The command lines of all units, without the program."""
    lines = [line for unit in UNITS.glob("*.service") for line in unit.read_text().splitlines()]
    return [
        line.removeprefix(f"ExecStart={PROGRAM} ") for line in lines if line.startswith("ExecStart")
    ]


def test_units_start_commands_of_ours() -> None:
    known = {name for name, _ in lazy_commands()}
    assert {line.split()[0] for line in started()} == {
        "beat",
        "indexer",
        "migrate",
        "web",
        "worker",
    }
    assert {line.split()[0] for line in started()} <= known


def test_target_wants_every_unit() -> None:
    target = (UNITS / "overheard.target").read_text()
    for unit in UNITS.glob("*.service"):
        assert unit.name.split("@")[0].removesuffix(".service") in target


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, sys.executable))
    names = sorted(unit.name for unit in tmp_path.iterdir())
    names = [name.replace("@.", "@parse.") for name in names]
    (tmp_path / "overheard-worker@parse.service").write_text(
        (tmp_path / "overheard-worker@.service").read_text()
    )
    verified = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in verified.stderr.splitlines() if "overheard" in line]
    assert (verified.returncode, complaints) == (0, [])
