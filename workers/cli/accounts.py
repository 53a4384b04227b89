"""Commands about accounts, which sign in to the pages."""

import sys
from typing import Annotated

import typer

from models import Role
from models.database import Session, database_time, in_transaction
from models.settings import get_settings
from tasks.auth.passwords import hash_password
from tasks.auth.store.accounts import accounts, add_account, change_account, end_sessions
from tasks.auth.store.first_account import LINK_LIFETIME, create_link
from workers.cli.options import Json
from workers.cli.output import print_error, show
from workers.local.ready import local_address
from workers.local.service import service

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="Only operators may change data.")] = Role.operator,
    from_stdin: FromStdin = False,
) -> None:
    """Create an account; this is also how the first operator is created."""
    password = _password(from_stdin)
    with service(broker=False):
        in_transaction(lambda s: add_account(s, name, password, role, database_time(s)))
    typer.echo(f"{name} can now sign in as {role.value}")


def first_link() -> None:
    """Print a one-time link with which the first account is created in a browser.

    A link that was printed before no longer works. Refused once there is an account.
    """
    with service(broker=False):
        token = in_transaction(lambda s: create_link(s, database_time(s)))
    typer.echo(f"{local_address(get_settings())}/first-account#{token}")
    hours = round(LINK_LIFETIME.total_seconds() / 3600)
    print_error(f"it works once, within {hours} hours, for an operator's account")


def list_accounts(as_json: Json = False) -> None:
    """List accounts and when each was last seen."""
    with service(broker=False):
        rows = in_transaction(lambda s: accounts(s, database_time(s)))
    columns = ("name", "role", "sessions", "seen_at", "created_at", "disabled_at")
    show(rows, columns, as_json=as_json)


def password(name: Name, from_stdin: FromStdin = False) -> None:
    """Set a new password and end all sessions of the account."""
    hashed = hash_password(_password(from_stdin))
    with service(broker=False):
        _change(name, password_hash=hashed)
    typer.echo(f"{name} has a new password and is signed out everywhere")


def role(name: Name, role: Annotated[Role, typer.Argument(help="reader or operator")]) -> None:
    """Change the role of an account; it applies from the next request."""
    with service(broker=False):
        in_transaction(change_account, name, role=role.value)
    typer.echo(f"the role of {name} is now {role.value}")


def disable(name: Name) -> None:
    """Disable an account and end its sessions."""
    with service(broker=False):
        _change(name, disabled_at=in_transaction(database_time))
    typer.echo(f"{name} is disabled")


def enable(name: Name) -> None:
    """Enable a disabled account."""
    with service(broker=False):
        in_transaction(change_account, name, disabled_at=None)
    typer.echo(f"{name} may sign in again")


def sign_out(name: Name) -> None:
    """End all sessions of an account."""
    with service(broker=False):
        ended = _change(name)
    typer.echo(f"{ended} sessions of {name} ended")


def _change(name: str, **changes: object) -> int:
    def change(session: Session) -> int:
        account_id = change_account(session, name, **changes)
        return end_sessions(session, account_id)

    return in_transaction(change)
