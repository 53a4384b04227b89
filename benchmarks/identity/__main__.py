"""Score attributions against the labelled set: `python -m benchmarks.identity --half open`.

It stores the shared world in its own database, and prints precision and recall with Wilson
intervals. With `--data` the database stays in that folder, and the next run only runs the people
stage. The test half is only for final results: `--half both`; `--half judged` is another set.
"""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import database_in, empty_database
from benchmarks.identity.before import print_lost, print_shares
from benchmarks.identity.labels import JUDGED, LABELS, Labelled, read_labels
from benchmarks.identity.scoring import (
    NOT_STORED,
    StoredAttribution,
    doubled,
    is_right,
    merged,
    score,
    scores_by,
)
from benchmarks.identity.world import resolve_until_stable, resolve_world, store_world
from benchmarks.world import shared_folder
from models.database import in_transaction
from tasks.counts.store.recount import recount
from tasks.speakers.names.names import comparable
from tasks.speakers.store.attribution import check_attributions

Scored = list[tuple[Labelled, StoredAttribution]]

_ATTRIBUTIONS = text("""
    SELECT e.guid, s.label, s.person_id, s.method, p.name,
           ARRAY(SELECT n.key FROM person_name n WHERE n.person_id = s.person_id) AS keys
    FROM speaker s JOIN episode e ON e.id = s.episode_id LEFT JOIN person p ON p.id = s.person_id
""")
_COUNT_SPEAKERS = text("SELECT count(*) FROM speaker")


def main() -> None:
    """Store the world, resolve it, and print the scores."""
    arguments = _arguments()
    folder = shared_folder()
    if folder is None:
        raise SystemExit("no shared world: set OVERHEARD_SHARED")
    with ExitStack() as stack:
        stack.enter_context(database_in(arguments.data) if arguments.data else empty_database())
        if not in_transaction(
            lambda session: session.connection().execute(_COUNT_SPEAKERS).scalar()
        ):
            store_world(folder / "world")
        for run in range(arguments.runs):
            episodes, seconds = resolve_world()
            print(f"people stage, run {run + 1}: {episodes} episodes in {seconds:.1f} s")
        print(f"stable after {resolve_until_stable()} rounds")
        print(f"recount: {in_transaction(recount, check_attributions).changed}")
        rows = in_transaction(_scored, JUDGED if arguments.half == "judged" else LABELS)
        if arguments.shares:
            in_transaction(print_shares)
            in_transaction(print_lost)
    if arguments.half == "judged":
        _print_half("judged", rows, errors=arguments.errors)
        return
    for half, in_test_half in (("open", False), ("test", True)):
        if arguments.half in ("both", half):
            of_half = [row for row in rows if row[0].in_test_half is in_test_half]
            _print_half(half, of_half, errors=arguments.errors and not in_test_half)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    parser.add_argument("--half", choices=("open", "both", "judged"), default="open")
    parser.add_argument("--data", type=Path, help="folder of the database, which stays there")
    parser.add_argument(
        "--runs", type=int, default=1, help="how many times to run the people stage"
    )
    parser.add_argument(
        "--errors", action="store_true", help="list wrong and missing names of the open half"
    )
    parser.add_argument(
        "--shares",
        action="store_true",
        help="print shares of attributed speech by show, and the people that only version 1 found",
    )
    return parser.parse_args()


def _scored(session: Session, labelled: Path) -> Scored:
    stored: dict[tuple[str, str], StoredAttribution] = {}
    for row in session.connection().execute(_ATTRIBUTIONS):
        names = frozenset({*row.keys, comparable(row.name or "")})
        stored[row.guid, row.label] = StoredAttribution(row.person_id, names, row.method)
    return [
        (one, stored.get((one.episode, one.label), NOT_STORED)) for one in read_labels(labelled)
    ]


def _print_half(half: str, rows: Scored, *, errors: bool) -> None:
    total = score(rows)
    print(
        f"\n{half}: {len(rows)} labels\n  precision {total.precision}\n  recall    {total.recall}"
    )
    by: dict[str, Callable[[tuple[Labelled, StoredAttribution]], str]] = {
        "method": lambda row: row[1].method,
        "kind": lambda row: row[0].kind,
    }
    for field, key in by.items():
        print(f"  by {field}")
        for name, part in scores_by(rows, key).items():
            print(f"    {name or 'none':<16} precision {part.precision:<34} recall {part.recall}")
    print(f"  two people merged into one: {list(merged(rows).values()) or 'none'}")
    print(f"  one person stored as two: {sorted(doubled(rows)) or 'none'}")
    for one, stored in rows if errors else []:
        if stored.person_id is not None and not is_right(one, stored):
            print(f"  wrong: {one} → {sorted(stored.names)} by {stored.method}")
        elif stored.person_id is None and one.person is not None:
            print(f"  missing: {one} ({stored.method})")


if __name__ == "__main__":
    main()
