"""Identity decisions in sentences, with the names of what they are about."""

from models.queries.identity import IdentityDecisionRow


def decision_text(row: IdentityDecisionRow) -> str:
    """What a decision says."""
    return {
        "merge": f"{row.person} became part of {row.other}; {row.other} remains",
        "never_merge": f"{row.person} and {row.other} are never merged",
        "split": f"{row.person}{_where(row)} is another person of this name",
        "rename": f"{row.person} is shown "
        + ("under this name" if row.name == row.person else f"as {row.name}"),
        "alias": f"{_label(row)}{_where(row)} means {row.person}",
        "assign": f"{_label(row)}{_where(row)} is {row.person}",
        "not_a_person": f"{_label(row)}{_where(row)} is not a person",
        "suppress": f"{row.person} is neither shown nor counted",
        "release": f"{row.person or _label(row)}{_where(row)} is released from quarantine",
        "quarantine": f"{row.person or _label(row)}{_where(row)} is in quarantine",
    }.get(row.kind, f"Decision {row.undoes} no longer applies")


def undone_text(undone: IdentityDecisionRow) -> str:
    """What was taken back."""
    kind = undone.kind.replace("_", " ")
    return f"Took back {kind} {undone.id}: {decision_text(undone)}; this no longer applies"


def _label(row: IdentityDecisionRow) -> str:
    return f"the label “{row.label}”"


def _where(row: IdentityDecisionRow) -> str:
    names = [name for name in (row.episode, row.podcast) if name]
    return f" in {' of '.join(names)}" if names else ""
