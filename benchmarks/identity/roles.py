"""How often roles are right: `python -m benchmarks.identity.roles --data FOLDER`.

It reads the database that the score left in a folder, and compares the roles that an episode's
page shows with those that were judged by knowledge of the shows, of untagged and tagged shows
apart. A person whom no label names is left out.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import database_in
from benchmarks.identity.labels import LABELS
from benchmarks.identity.scoring import Score
from models.database import in_transaction
from models.queries.roles import roles_in_episode

ROLES = LABELS.with_name("roles.jsonl")

_SPEAKERS = text("""
    SELECT e.guid, s.label, e.id, p.name, e.persons <> '[]' AS tagged FROM speaker s
    JOIN episode e ON e.id = s.episode_id JOIN person p ON p.id = s.person_id
""")


def main() -> None:
    """Compare the judged roles with the stored ones, and print what differs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.identity.roles", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the database")
    with database_in(parser.parse_args().data):
        compared = in_transaction(_compared)
    for kind, of_kind in sorted(compared.items()):
        wrong = [f"{where}: {found}" for where, judged, found in of_kind if judged != found]
        score = Score(named=len(of_kind), right=len(of_kind) - len(wrong), nameable=len(of_kind))
        print(f"{kind}: {score.precision}")
        print("".join(f"  {one}\n" for one in wrong), end="")


def _compared(session: Session) -> dict[str, list[tuple[str, str, str]]]:
    """For each judged role: where it is, the role, and the stored one, by kind of show."""
    stored = {(row.guid, row.label): row for row in session.connection().execute(_SPEAKERS).all()}
    found: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for line in ROLES.read_text(encoding="utf-8").splitlines():
        judged = json.loads(line)
        row = stored.get((judged["episode"], judged["label"]))
        if row is not None:
            roles = {one.name: one.role for one in roles_in_episode(session, row.id)}
            kind = "tagged" if row.tagged else "untagged"
            where = f"{judged['episode']}, {judged['label']}"
            found[kind].append((where, judged["role"], roles.get(row.name, "none")))
    return found


if __name__ == "__main__":
    main()
