"""Commands about the decision log: list, export, import."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from models.database import in_transaction
from models.queries import identity
from tasks.identity.import_export import export_decisions, import_decisions
from workers.cli.options import Json, Limit, fail
from workers.cli.output import as_json_line, print_json, print_table, show
from workers.cli.show_people import DECISION_COLUMNS
from workers.local.service import service


def list_decisions(limit: Limit = 50, as_json: Json = False) -> None:
    """List identity decisions, newest first."""
    with service(broker=False):
        rows = in_transaction(identity.decisions, limit=limit)
    show(rows, DECISION_COLUMNS, as_json=as_json)


def export_lines() -> None:
    """Print all decisions as JSON lines, for a backup or a copy."""
    with service(broker=False):
        rows = in_transaction(export_decisions)
    for row in rows:
        typer.echo(as_json_line(row))


def import_lines(
    file: Annotated[Path, typer.Argument(help="JSON lines, as exported.", exists=True)],
    as_json: Json = False,
) -> None:
    """Import exported decisions in order; known ones are skipped."""
    decisions = _read(file)
    with service(broker=False):
        result = import_decisions(decisions)
    if as_json:
        print_json({"imported": result.imported, "known": result.known, "left_out": result.skipped})
    else:
        left_out = len(result.skipped)
        typer.echo(f"{result.imported} imported, {result.known} known, {left_out} left out")
        if result.skipped:
            print_table(result.skipped, ("uuid", "kind", "reason", "message"))
    if result.skipped:
        fail("import the file again once the decisions that were left out apply")


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"{file}: {error}") from error
