"""Every promise of the threat model names a test that there is."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text()
_TEST = re.compile(r"`(tests/[\w/]+\.py)?::(\w+)`")


def rows() -> list[str]:
    """The rows of the table of attacks."""
    table = PAGE.partition("## What was tried")[2]
    return [line for line in table.splitlines() if line.startswith("| ")][1:]


def named(row: str) -> Iterator[tuple[str, str]]:
    """The tests of a row: file and function; without a file it is that of the one before."""
    path = ""
    for file, function in _TEST.findall(row):
        path = file or path
        yield path, function


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_table_of_attacks_has_rows() -> None:
    assert len(rows()) > 25


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:50])
def test_each_attack_names_tests_that_exist(row: str) -> None:
    tests = list(named(row.rpartition("|")[0].rpartition("|")[2]))
    assert tests
    assert [one for one in tests if one[1] not in functions(one[0])] == []
