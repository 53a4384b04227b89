"""Commands about accounts: who may sign in to the pages, and as what."""

import sys
from typing import Annotated

import typer
from sqlmodel import Session

from models import Role
from models.database import database_time, in_transaction
from tasks.auth.passwords import hash_password
from tasks.auth.store.accounts import accounts, add_account, change_account, end_sessions
from workers.cli.output import show
from workers.cli.show import Json
from workers.local.service import service

account_app = typer.Typer(help="Accounts: who may sign in to the pages.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name to sign in with.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    said: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return said


@account_app.command("create")
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="Operators may change what is known.")] = Role.operator,
    from_stdin: FromStdin = False,
) -> None:
    """Make an account; the first operator is made here, and nowhere else."""
    password = _password(from_stdin)
    with service():
        in_transaction(lambda s: add_account(s, name, password, role, database_time(s)))
    typer.echo(f"{name} may sign in as {role.value}")


@account_app.command("list")
def list_accounts(as_json: Json = False) -> None:
    """All accounts, and when each was last seen."""
    with service():
        rows = in_transaction(lambda s: accounts(s, database_time(s)))
    columns = ("name", "role", "sessions", "seen_at", "created_at", "disabled_at")
    show(rows, columns, as_json=as_json)


@account_app.command("password")
def password(name: Name, from_stdin: FromStdin = False) -> None:
    """Set a new password, and sign every browser of the account out."""
    hashed = hash_password(_password(from_stdin))
    with service():
        _change(name, password_hash=hashed)
    typer.echo(f"{name} has a new password, and is signed out everywhere")


@account_app.command("role")
def role(name: Name, role: Annotated[Role, typer.Argument(help="reader or operator")]) -> None:
    """Change what an account may do, from its next request on."""
    with service():
        in_transaction(change_account, name, role=role.value)
    typer.echo(f"{name} is {role.value} now")


@account_app.command("disable")
def disable(name: Name) -> None:
    """Let an account in no more, and end its sessions."""
    with service():
        _change(name, disabled_at=in_transaction(database_time))
    typer.echo(f"{name} is let in no more")


@account_app.command("enable")
def enable(name: Name) -> None:
    """Let an account in again."""
    with service():
        in_transaction(change_account, name, disabled_at=None)
    typer.echo(f"{name} may sign in again")


@account_app.command("sign-out")
def sign_out(name: Name) -> None:
    """End every session of an account: a stolen one is worth nothing from now on."""
    with service():
        ended = _change(name)
    typer.echo(f"{ended} sessions of {name} ended")


def _change(name: str, **changes: object) -> int:
    def change(session: Session) -> int:
        account_id = change_account(session, name, **changes)
        return end_sessions(session, account_id)

    return in_transaction(change)
