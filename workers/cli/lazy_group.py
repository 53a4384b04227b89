"""Groups of commands that import a command only when it is run."""

import importlib
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from workers.cli.command_entry import Entry, Noun
from workers.cli.command_table import PANELS


class _PlainHelp:
    """Help in which arguments have names, and options without a value show no type."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, with what their help shows in place of their type."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # a command's
        for param in params:
            if param.metavar is None and param.param_type_name == "argument":
                param.metavar = param.name.upper()
            elif param.metavar is None and param.is_flag:
                param.metavar = ""
        return params


class BareCommand(_PlainHelp, TyperCommand):
    """A command that needs no preparation."""


class PreparedCommand(BareCommand):
    """A command that runs with logs and a correlation id."""

    def invoke(self, ctx: Any) -> Any:
        """Set up the process, then run the function."""
        from workers.cli.prepare import prepared  # noqa: PLC0415  help needs none of it

        with prepared():
            return super().invoke(ctx)


class LazyCommand(TyperCommand):
    """A command as lists show it; ``load`` imports the real one."""

    def __init__(self, name: str, entry: Entry, panel: str | None = None) -> None:
        super().__init__(name, help=entry.help, rich_help_panel=panel)
        self.entry = entry

    def load(self) -> Any:
        """Import the module of the command and build the command from its function."""
        module, _, function = self.entry.target.partition(":")
        callback = getattr(importlib.import_module(f"workers.cli.{module}"), function)
        app = typer.Typer(add_completion=False)
        app.command(self.name, cls=BareCommand if self.entry.bare else PreparedCommand)(callback)
        return typer.main.get_command(app)


class LazyGroup(_PlainHelp, TyperGroup):
    """A group that lists lazy commands and loads the one that is run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command by name, and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, LazyCommand) else command, rest


# What people type who know other programs.
_OTHER_WORDS = {"start": "up", "run": "up", "stop": "down", "help": "--help"}


class RootGroup(LazyGroup):
    """`overheard` itself: all commands, by panel."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command by name; for the words of other programs, name ours."""
        if meant := _OTHER_WORDS.get(args[0]):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {meant!r}?")
        return super().resolve_command(ctx, args)

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for panel, entries in PANELS.items():
            for name, entry in entries.items():
                self.add_command(_command(name, entry, panel))


def _command(name: str, entry: Entry | Noun, panel: str) -> Any:
    if isinstance(entry, Entry):
        return LazyCommand(name, entry, panel)
    verbs = {verb: LazyCommand(verb, of_verb) for verb, of_verb in entry.verbs.items()}
    return LazyGroup(
        name=name,
        commands=dict(verbs),
        help=entry.help,
        rich_help_panel=panel,
        no_args_is_help=True,
    )


def lazy_commands() -> Iterator[tuple[str, LazyCommand]]:
    """Every command under its full name, such as ``jobs retry``."""
    for name, command in RootGroup().commands.items():
        if isinstance(command, LazyCommand):
            yield name, command
        elif isinstance(command, LazyGroup):
            yield from ((f"{name} {verb}", each) for verb, each in _lazy(command))


def _lazy(group: LazyGroup) -> Iterator[tuple[str, LazyCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, LazyCommand):
            yield name, command
