"""The command that audits how precise the names are."""

import sys
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.queries import identity
from tasks.identity.audit import precision
from tasks.identity.store.audit import record_audit_answer
from workers.cli.options import Actor, Json, current_actor
from workers.cli.output import Row, as_records, console, print_json, print_table
from workers.local.service import service

_ANSWERS = {"y": True, "n": False, "?": None}


def audit(
    sample: Annotated[int, typer.Option(min=0, help="Number of speakers to draw.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same speakers.")] = 1,
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Audit how often names are right, with speakers drawn at random.

    It asks whether each name is right, then prints precision by method. With --json it prints the
    sample and asks nothing.
    """
    with service(broker=False):
        sampled = as_records(in_transaction(identity.audit_sample, sample=sample, seed=seed))
        for row in sampled:
            quotes = in_transaction(identity.first_segments, row["episode_id"], row["label"])
            row["quotes"] = as_records(quotes)
        if not as_json:
            unanswered = [row for row in sampled if not row["judged"]]
            _ask_about_each(unanswered, seed, actor or current_actor())
        rows = precision(as_records(in_transaction(identity.audit_results)))
    if as_json:
        print_json({"drawn": sampled, "precision": rows})
        return
    shown = [row | {"precision": _share(row), "interval": _interval(row)} for row in rows]
    print_table(shown, ("method", "correct", "judged", "unsure", "precision", "interval"))


def _share(row: Row) -> str:
    return "" if row["precision"] is None else f"{row['precision']:.4f}"


def _interval(row: Row) -> str:
    return f"{row['low']:.4f} to {row['high']:.4f}"


def _ask_about_each(rows: list[Row], seed: int, actor: str) -> None:
    """Ask whether each name is right and record the answers, until the reader quits."""
    for number, row in enumerate(rows, 1):
        _print_speaker(row, f"{number} of {len(rows)}")
        typer.echo("is the name right? y, n, ? (cannot tell), s (skip), q (quit): ", nl=False)
        answer = sys.stdin.readline().strip().lower()
        if answer in {"q", ""}:
            return
        if answer in _ANSWERS:
            now = in_transaction(database_time)
            correct = _ANSWERS[answer]
            in_transaction(record_audit_answer, actor, row, seed=seed, correct=correct, now=now)


def _print_speaker(row: Row, position: str) -> None:
    lines = (
        f"{position}: {row['person']}",
        f"label {row['label']!r}, {row['method']}: {row['evidence']}",
        f"{row['podcast']}: {row['episode']}",
        *(f"  {quote['text']}" for quote in row["quotes"]),
    )
    for line in lines:
        console.print(line, markup=False, highlight=False)
