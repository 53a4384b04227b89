"""The decision who speaks on an episode, label by label, from all that is known of it; pure.

Precision before recall: a name is given when exactly one candidate fits, else the speaker stays
unknown. A candidate never becomes a speaker without a voice.
"""

from collections.abc import Iterable
from dataclasses import replace

from tasks.speakers.diarized import by_direct_address, by_elimination, by_self_introduction
from tasks.speakers.evidence.candidates import (
    Fitting,
    as_known,
    candidates_of,
    matching_candidates,
    self_introductions,
    welcomed,
)
from tasks.speakers.names.label_variants import Form, forms_of, is_numbered
from tasks.speakers.names.names import read_name
from tasks.speakers.names.similarity import family_name_last, is_misspelt_name, shorter_forms
from tasks.speakers.names.single_label import decide
from tasks.speakers.values import Candidate, Decision, EpisodeContext, Introduction, Name

# Raise it whenever a label may be decided differently: speakers are then decided again.
MATCHER_VERSION = 3

_CONFIDENCE = {
    "same_name": 0.85,
    "initials": 0.85,
    "first_name": 0.85,
    "surname": 0.85,
    "part_of_name": 0.85,
    "nickname": 0.8,
    "misspelt": 0.8,
}


def match(context: EpisodeContext) -> dict[str, Decision]:
    """Decide who speaks under each label. The result depends on the context alone. Never raises."""
    known = _known_forms(context)
    decided = {label: _full_name(decide(label), known, context) for label in context.voices}
    if not all(one.name for one in decided.values()):  # else there is nobody to find
        for step in (_by_parts, by_self_introduction, by_direct_address, by_elimination):
            decided |= step(decided, context)
    return {label: _with_tag(one, context) for label, one in decided.items()}


def _known_forms(context: EpisodeContext) -> dict[str, Name]:
    """The full names that the tags and the podcast's regulars have, by key."""
    known = {tag.name.key: tag.name for tag in context.tags if tag.name.words > 1}
    return known | {key: one.name for key, one in context.recurring.items() if one.established}


def _full_name(alone: Decision, known: dict[str, Name], context: EpisodeContext) -> Decision:
    """A full name is itself, unless another form of it is known better in this podcast."""
    name = alone.name
    if name is None:
        return alone
    for key in shorter_forms(name.key):
        if key in known:
            evidence = f"{alone.evidence}, known here as {known[key].display}"
            shorter = replace(alone, name=known[key], confidence=0.9, evidence=evidence)
            return replace(shorter, method="variant", other_form=name)
    if name.key in known:
        return alone
    turned = family_name_last(name.key)
    if turned in known and turned not in _spoken(context):
        evidence = f"{alone.evidence}, family name first, known here as {known[turned].display}"
        return replace(
            alone, method="variant", name=known[turned], confidence=0.85, evidence=evidence
        )
    near = [known[key] for key in sorted(known) if is_misspelt_name(name.key, key)]
    if len(near) != 1 or near[0].key in _spoken(context) or _is_known_elsewhere(name, context):
        return alone
    evidence = f"{alone.evidence}, misspelt for {near[0].display}"
    return replace(alone, method="misspelt", name=near[0], confidence=0.85, evidence=evidence)


def _spoken(context: EpisodeContext) -> set[str]:
    return {one.name.key for label in context.voices if (one := decide(label)).name}


def _is_known_elsewhere(name: Name, context: EpisodeContext) -> bool:
    regular = context.recurring.get(name.key)
    return regular is not None and (regular.spoken > 1 or regular.tagged > 0 or regular.channel)


def _by_parts(decided: dict[str, Decision], context: EpisodeContext) -> dict[str, Decision]:
    """Initials, first names, surnames, handles: whoever fits, when exactly one does."""
    known = candidates_of(decided, context)
    found: dict[str, Decision] = {}
    for label, alone in decided.items():
        if alone.name is None and (forms := forms_of(label, alone, decided)):
            found[label] = _fitted(label, alone, forms, known, context)
    return _without_rivals(found)


def _fitted(
    label: str,
    alone: Decision,
    forms: list[Form],
    known: list[Candidate],
    context: EpisodeContext,
) -> Decision:
    own = matching_candidates(forms, as_known(self_introductions(label, context), known))
    invited = matching_candidates(forms, as_known(welcomed(label, context), known))
    fitting = own or matching_candidates(forms, known)
    if not fitting:
        said = as_known(self_introductions(label, context, mentioned=True), known)
        fitting = invited or matching_candidates(forms, said)
    elif not own:
        fitting |= invited
    if not fitting:
        return alone
    if len(fitting) > 1:
        return replace(alone, reason="ambiguous", evidence=_names(fitting))
    ((method, candidate),) = fitting.values()
    evidence = (
        f"label {label!r}: the only one who fits is {candidate.name.display}, {candidate.where}"
    )
    return Decision(
        method, "unique_match", _CONFIDENCE[method], candidate.name, alone.role, evidence
    )


def _names(fitting: Fitting) -> str:
    return "fit: " + ", ".join(sorted(one.name.display for _, one in fitting.values()))


def _without_rivals(found: dict[str, Decision]) -> dict[str, Decision]:
    """A first name means nobody beside a label that adds an initial to it: James, James C."""
    halves = {
        label: one for label, one in found.items() if one.name is None and one.reason == "initials"
    }
    firsts = {
        name.key.split()[0] for label in halves if (name := read_name(label)) and name.words > 1
    }
    return {
        label: replace(decide(label), reason="ambiguous")
        if one.method == "first_name" and (name := read_name(label)) and name.key in firsts
        else one
        for label, one in found.items()
    }


def _with_tag(one: Decision, context: EpisodeContext) -> Decision:
    """The role and address that a tag gives the person, else the role beside the label."""
    for tag in context.tags:
        if one.name is not None and tag.name.key == one.name.key:
            return replace(one, role=tag.role or one.role, address=tag.address)
    return one


def introductions_matter(labels: Iterable[str]) -> bool:
    """Whether the words of an episode can tell more than its labels do."""
    return any(
        (one := decide(label)).name is None
        and (one.reason in ("one_word_name", "initials", "not_a_name") or is_numbered(label))
        for label in labels
    )


__all__ = ["MATCHER_VERSION", "Introduction", "introductions_matter", "match"]
