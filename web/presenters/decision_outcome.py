"""What came of an operator's decision, to be shown beside the form that it was made in."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from sqlmodel import Session

from models.queries.decided_suggestions import decided_suggestion
from models.queries.identity import decision
from web.presenters.decision_texts import decision_text, undone_text
from web.presenters.review_outcome import decided_sentence
from web.presenters.similar_names import people_meant

SIMILAR = 5


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """A sentence for the section of the page that is called ``place``.

    ``similar`` has people whose name is nearly what was typed, each with the address of the form
    with that person filled in.
    """

    place: str
    sentence: str
    refused: bool = False
    similar: list[tuple[str, str]] = field(default_factory=list)


def recorded_outcome(session: Session, place: str, number: int) -> DecisionOutcome | None:
    """What the decision with this number did."""
    row = decision(session, number)
    if row is None:
        return None
    undone = decision(session, row.undoes) if row.undoes else None
    text = undone_text(undone) if undone else f"Recorded: {decision_text(row)}"
    return DecisionOutcome(place, f"{text}.")


def suggestion_outcome(session: Session, place: str, number: int) -> DecisionOutcome | None:
    """What was decided about the suggestion with this number."""
    found = decided_suggestion(session, number)
    return DecisionOutcome(place, decided_sentence(found)) if found else None


def refused_outcome(
    session: Session, place: str, problem: str, *, typed: str, name: str, fields: dict[str, str]
) -> DecisionOutcome:
    """Why a decision was refused; similar people if the one ``typed`` in a field is not found."""
    found = people_meant(session, typed.replace("-", " "), limit=SIMILAR) if typed else []
    similar = [(one.name, _form(fields | {name: one.slug})) for one in found]
    return DecisionOutcome(place, f"{problem[:1].upper()}{problem[1:]}.", True, similar)


def _form(fields: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"/operate/people?{query}#decide"
