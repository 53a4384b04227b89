"""Migrations run while workers of the version before are at work: what they may contain."""

import ast
import re
from pathlib import Path

import pytest

from tests.paths import ROOT

VERSIONS = ROOT / "models" / "migrations" / "versions"
LATER = sorted(path for path in VERSIONS.glob("[0-9]*.py") if not path.name.startswith("0001"))

# What takes away, or means something else, under the hands of the version before. A line that must
# do so says why it is safe, behind `# beside the old version:`.
TAKES_AWAY = re.compile(
    r"op\.(drop_table|drop_column|rename_table)\b|\bDROP (TABLE|COLUMN)\b|\bRENAME (TO|COLUMN)\b"
    r"|\bTRUNCATE\b|\bALTER COLUMN \w+ TYPE\b"
)
REASON = "# beside the old version:"


@pytest.mark.parametrize("path", LATER, ids=lambda path: path.stem)
def test_an_upgrade_takes_nothing_away_from_the_version_before(path: Path) -> None:
    upgrade = _function(path, "upgrade")
    taken = [
        line for line in upgrade.splitlines() if TAKES_AWAY.search(line) and REASON not in line
    ]
    assert taken == []


def _function(path: Path, name: str) -> str:
    source = path.read_text()
    (found,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return ast.get_source_segment(source, found) or ""
