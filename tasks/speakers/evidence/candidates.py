"""Who may speak on an episode: tags, labels, regulars, and the names that are said."""

from collections.abc import Container, Iterable, Mapping

from tasks.speakers.names.label_variants import Form
from tasks.speakers.names.similarity import (
    is_misheard_name,
    is_misspelt_name,
    match_kind,
    shorter_forms,
)
from tasks.speakers.names.single_label import decide
from tasks.speakers.values import Candidate, Decision, EpisodeContext, Introduction

# Who fits, by key: how, and the candidate.
Fitting = dict[str, tuple[str, Candidate]]
# Ways of fitting that are only believed where nothing fits better.
_WEAK = ("nickname", "misspelt")


def matching_candidates(forms: Iterable[Form], known: Iterable[Candidate]) -> Fitting:
    """Who fits one of the forms; those who fit weakly only where nobody fits well."""
    strong: Fitting = {}
    weak: Fitting = {}
    for form in forms:
        for candidate in known:
            key = candidate.name.key
            how = match_kind(form.key, key, capitals=form.capitals)
            if how == "same_name":
                return {key: (how, candidate)}
            if how:
                (weak if how in _WEAK else strong).setdefault(key, (how, candidate))
    return strong or {key: one for key, one in weak.items() if one[1].here or one[0] == "nickname"}


def candidates_of(decided: Mapping[str, Decision], context: EpisodeContext) -> list[Candidate]:
    """Tags, full names among the labels, and established regulars; each person once."""
    found: dict[str, Candidate] = {}
    for tag in context.tags:
        found.setdefault(tag.name.key, tag)
    for label, one in decided.items():
        if one.name is not None:
            spoken = Candidate(one.name, f"by the label {label!r}", here=True)
            if one.name.key not in found or not found[one.name.key].here:
                found[one.name.key] = spoken
    for key, regular in context.recurring.items():
        if regular.established and regular.frequent:
            where = "of the podcast" if regular.channel else "heard in other episodes"
            found.setdefault(key, Candidate(regular.name, where))
    return [found[key] for key in sorted(found) if not _is_other_form(key, found)]


def _is_other_form(key: str, found: Container[str]) -> bool:
    """Whether it is a longer form of another candidate's name."""
    return any(form in found for form in shorter_forms(key))


def self_introductions(
    label: str, context: EpisodeContext, *, mentioned: bool = False
) -> list[Candidate]:
    """The full names by which this voice introduces itself or, if so asked, that are just said.

    What is only said must be said twice, or right before the voice is first heard.
    """
    return _candidates(
        one
        for one in context.introductions
        if (mentioned and (one.times > 1 or one.label == label)) or (one.own and one.label == label)
    )


def welcomed(label: str, context: EpisodeContext) -> list[Candidate]:
    """The full names of those who are welcomed, not by this voice as its own."""
    return _candidates(
        one
        for one in context.introductions
        if one.welcomed and not (one.own and one.label == label)
    )


def introduced_guests(context: EpisodeContext) -> list[Candidate]:
    """The full names of all who are welcomed."""
    return _candidates(one for one in context.introductions if one.welcomed)


def guests(context: EpisodeContext) -> list[Candidate]:
    """The full names of those who are welcomed as guests of this episode."""
    return _candidates(one for one in context.introductions if one.guest)


def _candidates(said: Iterable[Introduction]) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for one in said:
        if (name := decide(one.name).name) is not None:
            found.setdefault(name.key, Candidate(name, "introduced in the episode", here=True))
    misheard = {
        key for key in found for other in found if key > other and is_misspelt_name(key, other)
    }
    return [found[key] for key in sorted(found.keys() - misheard)]


def as_known(said: Iterable[Candidate], known: Iterable[Candidate]) -> list[Candidate]:
    """The names that were said, in the form of a better known candidate where they can be one."""
    better = list(known)
    return [
        next((one for one in better if _can_be(heard.name.key, one.name.key)), heard)
        for heard in said
    ]


def _can_be(said: str, key: str) -> bool:
    ends, known = (said.split()[:: max(said.count(" "), 1)], key.split()[:: max(key.count(" "), 1)])
    return said == key or ends == known or key in shorter_forms(said) or is_misheard_name(said, key)
