"""Counts what the code rules limit: ``python -m scripts.code_figures [FOLDER]``."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

# Modules whose rows become JSON as they are.
EXPORTS = ("export", "import_export")
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


def reads_the_database(path: Path, tree: ast.AST) -> bool:
    """Whether rows come from this module: read queries, stores, and all that import SQL helpers.

    An export is what turns rows into JSON, so its rows are dictionaries; it is no such module.
    """
    if path.stem in EXPORTS:
        return False
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    in_store = "store" in path.parts or path.stem == "store"
    return in_store or "queries" in path.parts or "models.database.sql" in imported


def dict_aliases(tree: ast.AST) -> set[str]:
    """Names that stand for ``dict[str, Any]`` in a module."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
        for target in node.targets
        if isinstance(target, ast.Name) and _mentions_dict(node.value, set())
    }


def _imported_aliases(tree: ast.AST, aliases: dict[str, set[str]]) -> set[str]:
    return {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in aliases.get(node.module or "", set())
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


def _module_name(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def figures(root: Path) -> dict[str, int]:
    """Each figure by its name."""
    sources = {path: path.read_text(encoding="utf-8") for path in production_files(root)}
    trees = {path: ast.parse(source) for path, source in sources.items()}
    modules = {_module_name(root, path): dict_aliases(tree) for path, tree in trees.items()}
    dicts = {
        path: len(dict_functions(tree, dict_aliases(tree) | _imported_aliases(tree, modules)))
        for path, tree in trees.items()
    }
    queries = [path for path, tree in trees.items() if reads_the_database(path, tree)]
    everything = [p for p in root.rglob("*.py") if not {".venv", ".make"} & set(p.parts)]
    return {
        "SQL string constants": sum(map(sql_constants, trees.values())),
        "select() calls": sum(map(selects, trees.values())),
        "functions of queries and stores that return a dict": sum(dicts[path] for path in queries),
        "functions that return a dict elsewhere (JSON, settings)": sum(dicts.values())
        - sum(dicts[path] for path in queries),
        "fmt: skip": sum(p.read_text(encoding="utf-8").count("# fmt: skip") for p in everything),
        "lines of production code": sum(source.count("\n") for source in sources.values()),
        "files over 400 lines": sum(source.count("\n") > 400 for source in sources.values()),
    }


if __name__ == "__main__":
    for name, count in figures(Path(sys.argv[1] if len(sys.argv) > 1 else ".")).items():
        sys.stdout.write(f"{count:>7,}  {name}\n")
