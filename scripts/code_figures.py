"""Counts what the code rules limit: ``python -m scripts.code_figures [FOLDER]``."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("models", "tasks", "workers", "web")
_SQL = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|LOCK|SET|TRUNCATE)\b")


def production_files(root: Path) -> list[Path]:
    """The Python files of the packages, migrations left out."""
    return [
        path
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if "versions" not in path.parts
    ]


def sql_constants(tree: ast.AST) -> int:
    """String literals that are SQL statements."""
    return sum(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _SQL.match(node.value) is not None
        for node in _without_docstrings(tree)
    )


def selects(tree: ast.AST) -> int:
    """Calls of SQLModel's or SQLAlchemy's ``select``."""
    return sum(
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "select"
        for node in ast.walk(tree)
    )


def dict_functions(tree: ast.AST, aliases: set[str]) -> list[str]:
    """Functions whose annotation returns ``dict[str, Any]``, or an alias or collection of it."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.returns is not None
        and _mentions_dict(node.returns, aliases)
    ]


def dict_aliases(trees: list[ast.Module]) -> set[str]:
    """Names that stand for ``dict[str, Any]`` at module level."""
    return {
        target.id
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and _mentions_dict(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Subscript)
    }


def _mentions_dict(annotation: ast.expr, aliases: set[str]) -> bool:
    text = ast.unparse(annotation)
    if "dict[str, Any]" in text or "dict[str, object]" in text:
        return True
    return any(isinstance(n, ast.Name) and n.id in aliases for n in ast.walk(annotation))


def _without_docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return (node for node in ast.walk(tree) if id(node) not in docstrings)


def figures(root: Path) -> dict[str, int]:
    """Each figure by its name."""
    sources = {path: path.read_text(encoding="utf-8") for path in production_files(root)}
    trees = {path: ast.parse(source) for path, source in sources.items()}
    aliases = dict_aliases(list(trees.values()))
    everything = [p for p in root.rglob("*.py") if not {".venv", ".make"} & set(p.parts)]
    return {
        "SQL string constants": sum(map(sql_constants, trees.values())),
        "select() calls": sum(map(selects, trees.values())),
        "functions that return a dict of columns": sum(
            len(dict_functions(tree, aliases)) for tree in trees.values()
        ),
        "fmt: skip": sum(p.read_text(encoding="utf-8").count("# fmt: skip") for p in everything),
        "lines of production code": sum(source.count("\n") for source in sources.values()),
        "files over 400 lines": sum(source.count("\n") > 400 for source in sources.values()),
    }


if __name__ == "__main__":
    for name, count in figures(Path(sys.argv[1] if len(sys.argv) > 1 else ".")).items():
        sys.stdout.write(f"{count:>7,}  {name}\n")
