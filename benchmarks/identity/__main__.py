"""Scores who is who against the labelled set: `python -m benchmarks.identity --half open`.

Stores the shared world in a database of its own (kept in `--data`, if given, so that the next run
only runs the people stage), and prints precision and recall with Wilson intervals. The half that
is held out is for the end: `--half both`.
"""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import database_in, empty_database
from benchmarks.identity.before import print_gone, print_shares
from benchmarks.identity.labels import Labelled, read_labels
from benchmarks.identity.scoring import (
    NO_ANSWER,
    Answer,
    doubled,
    is_right,
    merged,
    score,
    scores_by,
)
from benchmarks.identity.world import resolve_world, settle_world, store_world
from benchmarks.world import shared_folder
from models.database import in_transaction
from tasks.counts.store.recount import recount
from tasks.speakers.names.names import comparable
from tasks.speakers.store.attribution import check_attributions

ClassifiedResponse = list[tuple[Labelled, Answer]]

_ANSWERS = text("""
    SELECT e.guid, s.label, s.person_id, s.method, p.name,
           ARRAY(SELECT n.key FROM person_name n WHERE n.person_id = s.person_id) AS keys
    FROM speaker s JOIN episode e ON e.id = s.episode_id LEFT JOIN person p ON p.id = s.person_id
""")
_KNOWN = text("SELECT count(*) FROM speaker")


def main() -> None:
    """Store, resolve, and print."""
    asked = _arguments()
    folder = shared_folder()
    if folder is None:
        raise SystemExit("no shared world: set OVERHEARD_SHARED")
    with ExitStack() as stack:
        stack.enter_context(database_in(asked.data) if asked.data else empty_database())
        if not in_transaction(lambda session: session.connection().execute(_KNOWN).scalar()):
            store_world(folder / "world")
        for run in range(asked.runs):
            episodes, seconds = resolve_world()
            print(f"people stage, run {run + 1}: {episodes} episodes in {seconds:.1f} s")
        print(f"settled in {settle_world()} rounds")
        print(f"recount: {in_transaction(recount, check_attributions).changed}")
        rows = in_transaction(_judged)
        if asked.shares:
            in_transaction(print_shares)
            in_transaction(print_gone)
    for half, held_out in (("open", False), ("held out", True)):
        if asked.half in ("both", half):
            some = [row for row in rows if row[0].held_out is held_out]
            _print_half(half, some, errors=asked.errors and not held_out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    parser.add_argument("--half", choices=("open", "both"), default="open")
    parser.add_argument("--data", type=Path, help="a folder to keep the database in")
    parser.add_argument("--runs", type=int, default=1, help="how often to run the people stage")
    parser.add_argument(
        "--errors", action="store_true", help="list what is wrong or missing in the open half"
    )
    parser.add_argument(
        "--shares",
        action="store_true",
        help="the share of speech that is named, by show, and whom the first version got wrong",
    )
    return parser.parse_args()


def _judged(session: Session) -> ClassifiedResponse:
    answers: dict[tuple[str, str], Answer] = {}
    for row in session.connection().execute(_ANSWERS):
        names = frozenset({*row.keys, comparable(row.name or "")})
        answers[row.guid, row.label] = Answer(row.person_id, names, row.method)
    return [(one, answers.get((one.episode, one.label), NO_ANSWER)) for one in read_labels()]


def _print_half(half: str, rows: ClassifiedResponse, *, errors: bool) -> None:
    whole = score(rows)
    print(
        f"\n{half}: {len(rows)} labels\n  precision {whole.precision}\n  recall    {whole.recall}"
    )
    by: dict[str, Callable[[tuple[Labelled, Answer]], str]] = {
        "method": lambda row: row[1].method,
        "kind": lambda row: row[0].kind,
    }
    for what, key in by.items():
        print(f"  by {what}")
        for name, part in scores_by(rows, key).items():
            print(f"    {name or 'none':<16} precision {part.precision:<34} recall {part.recall}")
    print(f"  two people in one: {list(merged(rows).values()) or 'none'}")
    print(f"  one person as two: {sorted(doubled(rows)) or 'none'}")
    for one, answer in rows if errors else []:
        if answer.person_id is not None and not is_right(one, answer):
            print(f"  wrong: {one} → {sorted(answer.names)} by {answer.method}")
        elif answer.person_id is None and one.person is not None:
            print(f"  missing: {one} ({answer.method})")


if __name__ == "__main__":
    main()
