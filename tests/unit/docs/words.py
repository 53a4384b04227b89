"""Finds words that the glossary bans: ``python -m tests.unit.docs.words PATH…`` lists them."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# docs/glossary.md: the dialect of the first version. A name of another library may stand.
BANNED = re.compile(
    r"\b(looks?|looked|looking|held|stands?|told|said|asked|heeds?|heeded|tends?|tended|kept|"
    r"whoever|somebody|anew|ledgers?|foresee[ns]?|rehears\w+|misheld|hasten\w*)\b",
    re.IGNORECASE,
)
# Words of other people's that are no words of ours.
ALLOWED = re.compile(
    r"look[- ]?ups?|look[- ](ahead|behind)|stand[- ](alone|ins?|by)|hand-?held|KeyError|"
    r"tendered|household|who said what|held[- ]out",
    re.IGNORECASE,
)
# Lists of old names, which have the banned words.
OLD_NAMES = frozenset({"RENAMED.md"})
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """A banned word: where, in which kind of text, and the text."""

    path: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}: {self.text}"


def is_banned(prose: str) -> bool:
    """Whether prose has a banned word."""
    return BANNED.search(ALLOWED.sub("", prose)) is not None


def is_banned_name(name: str) -> bool:
    """Whether an identifier has a banned word among its parts."""
    return is_banned(" ".join(_WORDS.findall(name)))


def findings_in_python(path: Path) -> Iterator[Finding]:
    """Banned words in identifiers that a file defines, in its docstrings and comments."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    for line, name in _defined_names(tree):
        if is_banned_name(name):
            yield Finding(path, line, "name", name)
    for line, text in _docstrings(tree):
        if is_banned(text):
            match = BANNED.search(ALLOWED.sub("", text))
            yield Finding(path, line, "docstring", match.group() if match else text)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and is_banned(token.string):
            yield Finding(path, token.start[0], "comment", token.string)


def findings_in_text(path: Path) -> Iterator[Finding]:
    """Banned words in a document or template."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if is_banned(line):
            yield Finding(path, number, "text", line.strip())


def findings(paths: Iterable[Path]) -> Iterator[Finding]:
    """Banned words in files, by their kind."""
    for path in paths:
        yield from findings_in_python(path) if path.suffix == ".py" else findings_in_text(path)


def _defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def _docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text


def _files(names: Iterable[str]) -> Iterator[Path]:
    for path in map(Path, names):
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix in {".py", ".md", ".html"})
            yield from (p for p in found if p.name not in OLD_NAMES)
        else:
            yield path


if __name__ == "__main__":
    for finding in findings(_files(sys.argv[1:])):
        print(finding)
