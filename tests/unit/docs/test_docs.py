"""Documents and code agree on commands, settings, log events, reason codes and files."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from models.reasons import REASONS
from models.settings_table import SETTINGS_PAGE, settings_page
from tasks.http import failures
from tests.paths import ROOT
from tests.typed import commands, typed_lines, typed_spans, uses, without_blocks

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("0*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
SOURCES = [
    path
    for package in ("models", "tasks", "web", "workers")
    for path in (ROOT / package).rglob("*.py")
]

# The only event with a computed name: f"feed_{poll.outcome}", see tasks/polling/values.py.
FEED_EVENTS = frozenset({"feed_changed", "feed_unchanged", "feed_failed", "feed_refused"})

# Calls with a reason code: as this positional argument, or as `reason=`.
REASON_IS_ARGUMENT = {
    "AccountRefused": 0,
    "AudioRefused": 0,
    "DecisionRefused": 0,
    "EngineMissing": 0,
    "FeedRefused": 0,
    "TranscriptRefused": 0,
    "UrlRefused": 0,
    "BodyRefused": 0,
    "Refusal": 0,
    "FetchFailed": 0,
    "LinkRefusal": 0,
    "FeedProblem": 1,
    "NotificationRejected": 0,
    "JobFailed": 0,
    "JobPostponed": 0,
    "MergeRefused": 0,
    "JobResult": 1,
    "SpeakerMatch": 1,
    "Relocation": 1,
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
    """String literals assigned to each name: a reason may be chosen before it is used."""
    values: dict[str, set[str]] = {}
    for node in nodes():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, set()).update(literals_in(node.value))
    return values


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the code, with the last part of the name of the function."""
    for node in nodes():
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield called.attr, node
            elif isinstance(called, ast.Name):
                yield called.id, node


def words_in(node: ast.AST) -> set[str]:
    """The string literals that an expression can evaluate to, also through a local variable."""
    if isinstance(node, ast.Name):
        return named_values().get(node.id, set())
    return literals_in(node)


def literals_in(node: ast.AST) -> set[str]:
    """The string literals in an expression; of an f-string its beginning, as in `http_…`."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) and node.value else set()
    if isinstance(node, ast.IfExp):
        return literals_in(node.body) | literals_in(node.orelse)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return {str(node.values[0].value) + "…"}
    return set()


def events_in_code() -> set[str]:
    """The first arguments of structlog's methods, direct or through a variable `event`."""
    levels = {"debug", "info", "warning", "error", "exception", "event"}
    literals = [
        words_in(call.args[0])
        for name, call in calls()
        if name in levels and call.args and _is_log(call.func)
    ]
    found = set().union(*literals)
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
    return found | {code for code in REASONS if not code.startswith("http_")}


def first_cells(heading: str) -> list[str]:
    """The first cells of the tables under a heading of docs/operations.md."""
    _, _, after = page("operations.md").partition(f"\n## {heading}\n")
    assert after, f"no heading {heading!r}"
    section = after.split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_log_events_match_the_operations_page() -> None:
    documented = first_cells("Log events")
    assert sorted(documented) == sorted(events_in_code())


def test_reason_codes_match_the_operations_page() -> None:
    documented = first_cells("Reason codes")
    assert len(documented) == len(set(documented))
    assert sorted(documented) == sorted(reasons_in_code())


def test_reason_codes_are_lower_case_words() -> None:
    assert all(WORD.fullmatch(word.removesuffix("…")) for word in reasons_in_code())


def test_commands_match_the_operations_page() -> None:
    documented = [name.removeprefix("overheard ") for name in first_cells("Commands")]
    assert sorted(documented) == sorted(commands())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_documented_commands_exist(path: Path) -> None:
    text = path.read_text()
    used = [use for line in [*typed_lines(text), *typed_spans(text)] for use in uses(line)]
    assert {use.command for use in used} <= {*commands(), ""}


def test_commands_with_json_match_the_json_page() -> None:
    with_json = {
        name
        for name, command in commands().items()
        if any("--json" in param.opts for param in command.params)
    }
    headings = re.findall(r"^## (.+)$", page("json.md"), re.MULTILINE)
    documented = {name for heading in headings for name in re.findall(r"`([a-z -]+)`", heading)}
    assert documented == with_json


def test_settings_page_is_up_to_date() -> None:
    assert SETTINGS_PAGE.read_text() == settings_page(), "run: python -m models.settings_table"


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_decision_numbers_have_no_gap() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_decision_has_status_date_headings_and_index_entry(path: Path) -> None:
    text = path.read_text()
    head = rf"# {int(path.name[:4])}\. \S.*\n\nStatus: \w.*\nDate: \d{{4}}-\d\d-\d\d\n"
    assert re.match(head, text)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) < 80, "a decision record is at most one page"
    assert f"({path.name})" in page("adr/README.md")


def test_documents_named_in_code_exist() -> None:
    files = [*SOURCES, ROOT / "docker-compose.yml", ROOT / "Dockerfile", ROOT / "pyproject.toml"]
    named = {
        name
        for path in files
        for name in re.findall(r"docs/[\w/.-]+\.(?:md|svg)", path.read_text())
    }
    assert "docs/adr/0005-celery-settings.md" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_in_documents_resolve(path: Path) -> None:
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
    """The anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_named_in_documents_exist(path: Path) -> None:
    folders = r"(?:models|tasks|web|workers|tests|docs|scripts|benchmarks|\.ci)"
    named = set(re.findall(rf"`({folders}/[\w./-]*)`", path.read_text()))
    assert missing(named) == []


def missing(names: Iterable[str]) -> list[str]:
    return [name for name in sorted(names) if not (ROOT / name).exists()]
