"""The command that verifies the counts."""

from typing import Annotated

import typer

from models.database import in_transaction
from tasks.counts.store.recount import recount as recompute
from tasks.speakers.store.attribution import check_attributions
from workers.cli.options import Json
from workers.cli.output import as_record, print_json, print_table
from workers.local.service import service
from workers.words import count


def recount(
    fix: Annotated[bool, typer.Option("--fix", help="Repair the differences.")] = False,
    as_json: Json = False,
) -> None:
    """Recompute all counts from the rows and report differences.

    0 differences is the only healthy result.
    """
    with service(broker=False):
        result = in_transaction(recompute, check_attributions, fix=fix)
    if as_json:
        print_json(
            {"changed": result.changed, "checked": result.checked, "details": result.details}
        )
    else:
        typer.echo(f"{count(result.changed, 'difference')} {'repaired' if fix else 'found'}")
        checked = [{"checked": table, "rows": rows} for table, rows in result.checked.items()]
        print_table(checked, ("checked", "rows"))
        for name, rows in result.details.items():
            print_table(rows, list(as_record(rows[0])), title=f"{name}: stored and recomputed")
    if result.changed and not fix:
        raise typer.Exit(1)
