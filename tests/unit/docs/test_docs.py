"""The documents say what the code does: names in the one are names in the other."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from models.settings_table import SETTINGS_PAGE, settings_page
from tasks.http import failures
from tests.paths import ROOT
from tests.typed import commands, typed_lines, typed_spans, uses, without_blocks

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
SOURCES = [
    path for room in ("models", "tasks", "web", "workers") for path in (ROOT / room).rglob("*.py")
]

# The only event whose name is put together: f"feed_{look.outcome}", see tasks/polling/values.py.
FEED_EVENTS = frozenset({"feed_changed", "feed_unchanged", "feed_failed", "feed_refused"})

# Whoever makes one of these says why in a word: as this positional argument, or as `reason=`.
REASON_IS_ARGUMENT = {
    "AccountRefused": 0,
    "DecisionRefused": 0,
    "FeedRefused": 0,
    "TranscriptRefused": 0,
    "UrlRefused": 0,
    "BodyRefused": 0,
    "Refusal": 0,
    "FetchFailed": 0,
    "PushRefused": 0,
    "JobFailed": 0,
    "Result": 1,
    "SpeakerMatch": 1,
    "Move": 1,
}
REASON_IN_SQL = re.compile(r"\b(?:last_error_)?reason = '(\w+)'")
WORD = re.compile(r"[a-z][a-z0-9_]*")


@cache
def page(name: str) -> str:
    return (DOCS / name).read_text()


@cache
def nodes() -> list[ast.AST]:
    trees = [ast.parse(path.read_text()) for path in SOURCES]
    return [node for tree in trees for node in ast.walk(tree)]


@cache
def named_values() -> dict[str, set[str]]:
    """What is assigned to a name anywhere: a reason may be chosen in the line before its use."""
    values: dict[str, set[str]] = {}
    for node in nodes():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, set()).update(literals_in(node.value))
    return values


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the code, under the last part of the name that is called."""
    for node in nodes():
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield called.attr, node
            elif isinstance(called, ast.Name):
                yield called.id, node


def words_in(node: ast.AST) -> set[str]:
    """The words that an expression can come to, also through the name of a local variable."""
    if isinstance(node, ast.Name):
        return named_values().get(node.id, set())
    return literals_in(node)


def literals_in(node: ast.AST) -> set[str]:
    """The words in an expression itself; of an f-string its beginning, as in `http_…`."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) and node.value else set()
    if isinstance(node, ast.IfExp):
        return literals_in(node.body) | literals_in(node.orelse)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return {str(node.values[0].value) + "…"}
    return set()


def events_in_code() -> set[str]:
    """What is given first to structlog's methods, directly or through a variable `event`."""
    levels = {"debug", "info", "warning", "error", "exception", "event"}
    said = [
        words_in(call.args[0])
        for name, call in calls()
        if name in levels and call.args and _is_log(call.func)
    ]
    found = set().union(*said)
    assert "feed_…" in found
    return (found - {"feed_…"}) | FEED_EVENTS | {"library"}


def _is_log(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return isinstance(called.value, ast.Name) and called.value.id == "log"
    return True


def reasons_in_code() -> set[str]:
    found: set[str] = {reason for _, reason, _, _ in failures._NETWORK_FAILURES}
    for name, call in calls():
        place = REASON_IS_ARGUMENT.get(name)
        if place is not None and len(call.args) > place:
            found |= words_in(call.args[place])
        found |= set().union(*(words_in(k.value) for k in call.keywords if k.arg == "reason"))
    for node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(REASON_IN_SQL.findall(node.value))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_why_"):
            returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            found |= set().union(*(words_in(value) for value in returned if value))
    return found


def first_cells(heading: str) -> list[str]:
    """The first cell of every row in the tables under a heading of docs/operations.md."""
    _, _, after = page("operations.md").partition(f"\n## {heading}\n")
    assert after, f"no heading {heading!r}"
    section = after.split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_log_event_stands_in_the_operations_page_and_no_other() -> None:
    documented = first_cells("Log events")
    assert sorted(documented) == sorted(events_in_code())


def test_every_reason_word_stands_in_the_operations_page_and_no_other() -> None:
    documented = first_cells("Reason words")
    assert len(documented) == len(set(documented))
    assert sorted(documented) == sorted(reasons_in_code())


def test_reason_words_are_words() -> None:
    assert all(WORD.fullmatch(word.removesuffix("…")) for word in reasons_in_code())


def test_every_command_stands_in_the_operations_page_and_no_other() -> None:
    documented = [name.removeprefix("overheard ") for name in first_cells("Commands")]
    assert sorted(documented) == sorted(commands())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_a_page_tells_to_type_is_a_command_with_these_options(path: Path) -> None:
    text = path.read_text()
    used = [use for said in [*typed_lines(text), *typed_spans(text)] for use in uses(said)]
    assert {use.command for use in used} <= {*commands(), ""}


def test_every_command_that_prints_json_stands_in_the_json_page() -> None:
    with_json = {
        name
        for name, command in commands().items()
        if any("--json" in param.opts for param in command.params)
    }
    headings = re.findall(r"^## (.+)$", page("json.md"), re.MULTILINE)
    documented = {name for heading in headings for name in re.findall(r"`([a-z -]+)`", heading)}
    assert documented == with_json


def test_the_settings_page_is_what_the_class_says() -> None:
    assert SETTINGS_PAGE.read_text() == settings_page(), "run: python -m models.settings_table"


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_why_and_what_follows_and_is_listed(path: Path) -> None:
    text = path.read_text()
    assert re.match(rf"# {int(path.name[:4])}\. \S", text)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) < 80, "a decision is one page"
    assert f"decisions/{path.name}" in page("architecture.md")


def test_decisions_that_the_code_names_are_there() -> None:
    files = [*SOURCES, ROOT / "docker-compose.yml", ROOT / "Dockerfile", ROOT / "pyproject.toml"]
    named = {
        name
        for path in files
        for name in re.findall(r"docs/[\w/.-]+\.(?:md|svg)", path.read_text())
    }
    assert "docs/adr/0005-celery-settings.md" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    text = without_blocks(path.read_text())
    links = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r"(?:src|href)=\"([^\"]+)\"", text)]
    broken = [link for link in links if not leads_somewhere(path, link)]
    assert broken == []


def leads_somewhere(path: Path, link: str) -> bool:
    if "://" in link:
        return True
    target, _, fragment = link.partition("#")
    file = (path.parent / target).resolve() if target else path
    if not file.exists():
        return False
    return not fragment or fragment in anchors(file.read_text())


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_a_page_names_are_there(path: Path) -> None:
    rooms = r"(?:models|tasks|web|workers|tests|docs|scripts|benchmarks|\.ci)"
    named = set(re.findall(rf"`({rooms}/[\w./-]*)`", path.read_text()))
    assert missing(named) == []


def missing(names: Iterable[str]) -> list[str]:
    return [name for name in sorted(names) if not (ROOT / name).exists()]
