"""Identifiers, docstrings, settings, help and documents use the words of docs/glossary.md."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from models import Settings
from scripts.code_figures import production_files
from tests.paths import DOCS, ROOT
from tests.unit.docs.words import findings, is_banned, is_banned_name

EVENT = re.compile(r'\b(?:log|event)(?:\.\w+)?\(\s*"([a-z_]+)"')
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]


def committed(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / name for name in listed.stdout.split() if (ROOT / name).exists()]


def test_production_code_has_no_banned_word() -> None:
    assert [str(one) for one in findings(production_files(ROOT))] == []


def test_tests_and_benchmarks_have_no_banned_word() -> None:
    paths = [p for p in committed("tests/*.py", "benchmarks/*.py") if p.name != "words.py"]
    assert [str(one) for one in findings(paths)] == []


def test_templates_have_no_banned_word() -> None:
    assert [str(one) for one in findings(sorted((ROOT / "web").rglob("*.html")))] == []


def test_documents_have_no_banned_word() -> None:
    documents = [p for p in [*DOCUMENTS, *DOCS.rglob("*.md")] if p.name != "glossary.md"]
    assert [str(one) for one in findings(documents)] == []


def test_each_term_and_each_entry_of_the_changelog_is_written_once() -> None:
    terms = re.findall(r"^\| \*\*(.+?)\*\* \|", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    changes = re.split(r"\n(?=- )", (ROOT / "CHANGELOG.md").read_text())
    written = Counter([*terms, *(" ".join(change.split())[:120] for change in changes)])
    assert [each for each, times in written.items() if times > 1] == []


def test_settings_have_no_banned_word() -> None:
    for name, field in Settings.model_fields.items():
        assert not is_banned_name(name), name
        assert not is_banned(field.description or ""), name


def test_log_events_have_no_banned_word() -> None:
    events = {e for path in production_files(ROOT) for e in EVENT.findall(path.read_text("utf-8"))}
    assert events
    assert [event for event in sorted(events) if is_banned_name(event)] == []


def test_class_names_are_unique() -> None:
    names = Counter(
        node.name
        for path in production_files(ROOT)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_docstrings_begin_with_one_line() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"
        for path in production_files(ROOT)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not (ast.get_docstring(node) or ".").splitlines()[0].endswith((".", "?", ":", "!"))
    ]
    assert long == []


@pytest.mark.parametrize(
    ("prose", "banned"),
    [
        ("Looks at the feed.", True),
        ("Look it up.", True),
        ("A lookup of a name.", False),
        ("a stand-in for it", False),
        ("What a hub told us", True),
        ("The lease is renewed.", False),
    ],
)
def test_banned_words_are_found_in_prose(prose: str, banned: bool) -> None:
    assert is_banned(prose) is banned


def test_banned_words_are_found_in_names() -> None:
    assert is_banned_name("ask_for_look")
    assert is_banned_name("PastLook")
    assert not is_banned_name("lookahead")
