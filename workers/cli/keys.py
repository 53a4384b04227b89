"""Commands about keys of the API: make, list, revoke."""

from enum import StrEnum
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import create_key, revoke_key
from tasks.auth.store.api_keys import keys as all_keys
from workers.cli.output import errors, show
from workers.cli.show import Json
from workers.local.service import service

key_app = typer.Typer(help="Keys of the API: make, list, revoke.", no_args_is_help=True)


class Scope(StrEnum):
    """What a key may do."""

    read = "read"
    operate = "operate"


@key_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose it is, or what for.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do.")] = None,
) -> None:
    """Make a key and print it, once; it is sent as `Authorization: Bearer …`."""
    scopes = tuple(dict.fromkeys(one.value for one in scope or [Scope.read]))
    with service():
        key = in_transaction(lambda s: create_key(s, name, scopes, database_time(s)))
    typer.echo(key)
    errors.print("it is not shown again: keep it in a safe place", highlight=False)


@key_app.command("list")
def list_keys(as_json: Json = False) -> None:
    """Every key, its beginning, what it may do, and when it was last used."""
    with service():
        rows = in_transaction(all_keys)
    columns = ("prefix", "name", "scopes", "created_at", "last_used_at", "revoked_at")
    show(rows, columns, as_json=as_json)


@key_app.command("revoke")
def revoke(
    prefix: Annotated[str, typer.Argument(help="The eight signs after ohk_.")],
) -> None:
    """End a key; within seconds nobody can use it any more."""
    said = prefix.removeprefix("ohk_").partition("_")[0]
    with service():
        ended = in_transaction(lambda s: revoke_key(s, said, database_time(s)))
    if not ended:
        errors.print(f"no key that holds begins with {said}", markup=False, highlight=False)
        raise typer.Exit(1)
    typer.echo(f"{said} is revoked")
