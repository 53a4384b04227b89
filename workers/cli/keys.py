"""Commands about API keys: create, list, revoke."""

from enum import StrEnum
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import create_key, revoke_key
from tasks.auth.store.api_keys import keys as all_keys
from workers.cli.options import Json, fail
from workers.cli.output import print_error, show
from workers.local.service import service


class KeyScope(StrEnum):
    """What an API key may do."""

    read = "read"
    operate = "operate"


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The owner or purpose of the key.")],
    scope: Annotated[list[KeyScope] | None, typer.Option(help="What the key may do.")] = None,
) -> None:
    """Create an API key and print it once.

    Clients send it as `Authorization: Bearer KEY`.
    """
    scopes = tuple(dict.fromkeys(each.value for each in scope or [KeyScope.read]))
    with service():
        key = in_transaction(lambda s: create_key(s, name, scopes, database_time(s)))
    typer.echo(key)
    print_error("it is not shown again: store it in a safe place")


def list_keys(as_json: Json = False) -> None:
    """List API keys, their scopes and last use."""
    with service():
        rows = in_transaction(all_keys)
    columns = ("prefix", "name", "scopes", "created_at", "last_used_at", "revoked_at")
    show(rows, columns, as_json=as_json)


def revoke(
    prefix: Annotated[
        str, typer.Argument(metavar="PREFIX", help="The eight characters after ohk_.")
    ],
) -> None:
    """Revoke an API key; it stops working within seconds."""
    key_prefix = prefix.removeprefix("ohk_").partition("_")[0]
    with service():
        ended = in_transaction(lambda s: revoke_key(s, key_prefix, database_time(s)))
    if not ended:
        fail(f"no valid key begins with {key_prefix}")
    typer.echo(f"{key_prefix} is revoked")
