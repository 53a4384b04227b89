"""Methods of resolving a label have words, and docs/json.md lists them."""

import re

from models.methods import METHOD_TEXTS, method_text
from tests.paths import ROOT


def test_docs_list_every_method() -> None:
    page = (ROOT / "docs" / "json.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `method` | how the label"))
    assert re.findall(r"`(\w+)`", row)[1:] == list(METHOD_TEXTS)


def test_production_code_sets_no_other_method() -> None:
    names = re.compile(r'SpeakerMatch\(\s*"(\w+)"|method="(\w+)"')
    found = {
        first or second
        for path in (ROOT / "tasks" / "speakers").rglob("*.py")
        for first, second in names.findall(path.read_text())
    }
    assert found
    assert found <= METHOD_TEXTS.keys()


def test_unknown_method_is_shown_without_underscores() -> None:
    assert (method_text("called"), method_text("by_voice")) == ("called by this name", "by voice")
