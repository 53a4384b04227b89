"""Commands about suggested decisions: list, accept, reject."""

from typing import Annotated

import typer

from models.database import in_transaction
from models.queries import identity
from tasks.identity.evidence_text import evidence_sentences
from tasks.identity.review import accept as accept_suggestion
from tasks.identity.review import reject as reject_suggestion
from workers.cli.options import Actor, Json, Limit, Reason
from workers.cli.output import Row, as_records, console, print_json, print_table
from workers.cli.people import run_decision
from workers.local.service import service

_SUGGESTION_COLUMNS = ("id", "kind", "person", "other", "podcast", "score", "evidence")
_QUARANTINE_COLUMNS = ("person", "slug", "podcast", "reason", "episodes", "appearances")

SuggestionId = Annotated[int, typer.Argument(metavar="ID", help="The number of the suggestion.")]


def list_suggestions(limit: Limit = 50, as_json: Json = False) -> None:
    """List suggestions, and what is in quarantine and why."""
    with service(broker=False):
        suggested = as_records(in_transaction(identity.suggestions, limit=limit))
        quarantined = in_transaction(identity.quarantined, limit=limit)
    if as_json:
        print_json({"suggestions": suggested, "quarantined": quarantined})
        return
    if not suggested and not quarantined:
        console.print("nothing")
    if suggested:
        print_table([_readable(row) for row in suggested], _SUGGESTION_COLUMNS, title="suggestions")
    if quarantined:
        title = "in quarantine: overheard people release SLUG"
        print_table(quarantined, _QUARANTINE_COLUMNS, title=title)


def _readable(row: Row) -> Row:
    evidence = " ".join(evidence_sentences(row["kind"], row["evidence"]))
    other = row["other"] or row["target_podcast"]
    return row | {"other": other, "score": f"{row['score']:.2f}", "evidence": evidence}


def accept(
    suggestion: SuggestionId, reason: Reason = "", actor: Actor = "", as_json: Json = False
) -> None:
    """Accept a suggestion: merge, split, assign or merge podcasts as it says."""
    with service():
        run_decision(accept_suggestion, reason, actor, suggestion_id=suggestion, as_json=as_json)


def reject(
    suggestion: SuggestionId, reason: Reason = "", actor: Actor = "", as_json: Json = False
) -> None:
    """Reject a suggestion for good.

    Rejecting a merge records that the two must never be merged.
    """
    with service():
        run_decision(reject_suggestion, reason, actor, suggestion_id=suggestion, as_json=as_json)
