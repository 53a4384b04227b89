"""Commands about decisions that wait or were taken: review, audit, ledger."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.queries import identity as about_identity
from tasks.identity.audit import precision
from tasks.identity.import_export import export_decisions, import_decisions
from tasks.identity.review import accept as accept_suggestion
from tasks.identity.review import reject as reject_suggestion
from tasks.identity.store.audit import record_audit_answer
from workers.cli.output import (
    Row,
    as_json_line,
    as_records,
    console,
    errors,
    print_json,
    print_table,
    show,
)
from workers.cli.people import Actor, Reason, decide
from workers.cli.queues import current_actor
from workers.cli.show import EVENT_COLUMNS, Json, Limit
from workers.local.service import service

review_app = typer.Typer(help="What waits for a person's decision.", no_args_is_help=False)
ledger_app = typer.Typer(help="Decisions about identity.", no_args_is_help=False)

_SUGGESTION = ("id", "kind", "person", "other", "podcast", "score", "evidence")
_HELD = ("person", "slug", "podcast", "reason", "episodes", "appearances")

Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the suggestion.")]


@review_app.callback(invoke_without_command=True)
def review(context: typer.Context, limit: Limit = 50, as_json: Json = False) -> None:
    """List suggestions, and who is in quarantine and why."""
    if context.invoked_subcommand:
        return
    with service():
        suggested = as_records(in_transaction(about_identity.suggestions, limit=limit))
        held = in_transaction(about_identity.quarantined, limit=limit)
    if as_json:
        print_json({"suggestions": suggested, "quarantined": held})
        return
    print_table([_for_people(row) for row in suggested], _SUGGESTION, title="suggestions")
    print_table(held, _HELD, title="in quarantine: overheard people release SLUG")


def _for_people(row: Row) -> Row:
    said = "; ".join(f"{name} {value}" for name, value in row["evidence"].items())
    return row | {"score": f"{row['score']:.2f}", "evidence": said}


@review_app.command()
def accept(
    suggestion: Number, reason: Reason = "", actor: Actor = "", as_json: Json = False
) -> None:
    """Do what is suggested: merge, split, or assign anew."""
    with service():
        decide(accept_suggestion, reason, actor, suggestion_id=suggestion, as_json=as_json)


@review_app.command()
def refuse(
    suggestion: Number, reason: Reason = "", actor: Actor = "", as_json: Json = False
) -> None:
    """Refuse a suggestion for ever: two people stay two."""
    with service():
        decide(reject_suggestion, reason, actor, suggestion_id=suggestion, as_json=as_json)


def audit(
    sample: Annotated[int, typer.Option(min=0, help="How many speakers to draw.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same speakers.")] = 1,
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Judge named speakers, drawn at random, and see how precise the names are.

    With --json what was drawn is printed and nobody is asked.
    """
    with service():
        drawn = as_records(in_transaction(about_identity.audit_sample, sample=sample, seed=seed))
        for row in drawn:
            asked = (row["episode_id"], row["label"])
            row["quotes"] = as_records(in_transaction(about_identity.first_segments, *asked))
        if not as_json:
            _judge([row for row in drawn if not row["judged"]], seed, actor or current_actor())
        rows = precision(as_records(in_transaction(about_identity.audit_results)))
    if as_json:
        print_json({"drawn": drawn, "precision": rows})
        return
    shown = [row | {"precision": _share(row), "interval": _interval(row)} for row in rows]
    print_table(shown, ("method", "correct", "judged", "unsure", "precision", "interval"))


def _share(row: Row) -> str:
    return "" if row["precision"] is None else f"{row['precision']:.4f}"


def _interval(row: Row) -> str:
    return f"{row['low']:.4f} to {row['high']:.4f}"


def _judge(drawn: list[Row], seed: int, actor: str) -> None:
    """Ask about each of these, as long as somebody answers."""
    answers = {"y": True, "n": False, "?": None}
    for number, row in enumerate(drawn, 1):
        _print_drawn(row, f"{number} of {len(drawn)}")
        typer.echo("is it? y, n, ? (cannot tell), s (skip), q (quit): ", nl=False)
        answer = sys.stdin.readline().strip().lower()
        if answer in {"q", ""}:
            return
        if answer in answers:
            now = in_transaction(database_time)
            in_transaction(
                record_audit_answer, actor, row, seed=seed, correct=answers[answer], now=now
            )


def _print_drawn(row: Row, place: str) -> None:
    about = (
        f"{place}: {row['person']}",
        f"label {row['label']!r}, {row['method']}: {row['evidence']}",
        f"{row['podcast']}: {row['episode']}",
        *(f"  {quote['text']}" for quote in row["quotes"]),
    )
    for line in about:
        console.print(line, markup=False, highlight=False)


@ledger_app.callback(invoke_without_command=True)
def ledger(context: typer.Context, limit: Limit = 50, as_json: Json = False) -> None:
    """List decisions, the latest first."""
    if context.invoked_subcommand:
        return
    with service():
        rows = in_transaction(about_identity.events, limit=limit)
    show(rows, EVENT_COLUMNS, as_json=as_json)


@ledger_app.command("export")
def export_lines() -> None:
    """Print every event as a line of JSON, for another database or a backup."""
    with service():
        rows = in_transaction(export_decisions)
    for row in rows:
        typer.echo(as_json_line(row))


@ledger_app.command("import")
def import_lines(
    file: Annotated[Path, typer.Argument(help="Lines of JSON, as exported.", exists=True)],
    as_json: Json = False,
) -> None:
    """Take the events of a file, in its order; those that are known are left alone."""
    try:
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    except ValueError as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    with service():
        done = import_decisions(lines)
    if as_json:
        print_json({"taken": done.imported, "known": done.known, "left_out": done.skipped})
    else:
        typer.echo(f"{done.imported} taken, {done.known} known, {len(done.skipped)} left out")
        if done.skipped:
            columns = ("uuid", "kind", "reason", "message")
            print_table(done.skipped, columns)
    if done.skipped:
        errors.print("what was left out can be imported when it can be taken", highlight=False)
        raise typer.Exit(1)
