"""The `overheard` command: its options, its commands, and one clear line for each error."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from workers.cli.lazy_group import RootGroup

cli = typer.Typer(
    cls=RootGroup,
    help="Who said what, on which podcast: polls feeds and keeps exact counts of who spoke.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  only for this option

        typer.echo(f"overheard {version('overheard')}")
        raise typer.Exit


@cli.callback()
def overheard(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options of `overheard` itself; each command follows with its own."""
    del version


def main() -> None:
    """Run a command: exit code 1 for failed work, 2 for wrong use, 130 for Ctrl-C."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, _end)
    try:
        cli()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from workers.cli.failures import failure_of  # noqa: PLC0415  it imports the libraries

        failure = failure_of(error)
        if failure is None:  # a bug, which shows its traceback
            raise
        failure.print()
        sys.exit(failure.exit_code)


def _end(number: int, _frame: FrameType | None) -> None:
    """End as other processes do by default.

    The kernel discards signals for which the first process of a container has no handler (PID 1,
    pid_namespaces(7)), so it could not be stopped while it starts.
    """
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
