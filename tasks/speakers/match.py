"""The matcher: which person speaks under each label of an episode, from all evidence; pure.

Precision before recall: a speaker gets a name when exactly one candidate matches, otherwise the
speaker stays unknown. A candidate becomes a speaker only through a label.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tasks.speakers.addressed import (
    by_address_of_the_other,
    by_direct_address,
    by_greeting,
    by_mutual_address,
    by_round,
)
from tasks.speakers.diarized import by_elimination, by_self_introduction
from tasks.speakers.evidence.candidates import (
    KnownForms,
    MatchingCandidates,
    candidates_of,
    matching_candidates,
    self_introductions,
    welcomed,
)
from tasks.speakers.full_names import known_full_names, match_full_name
from tasks.speakers.initials import by_initials
from tasks.speakers.names.display_name import better_display
from tasks.speakers.names.label_parser import parse_label
from tasks.speakers.names.label_variants import (
    IN_PARTS,
    Form,
    forms_of,
    is_unnamed,
    says_enough,
)
from tasks.speakers.names.names import read_name
from tasks.speakers.names.similarity import has_swapped_letters, is_short_form
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.role_labels import by_answers, by_interview, by_only_speaker, by_role
from tasks.speakers.spoken import by_spoken_name
from tasks.speakers.values import Candidate, EpisodeContext, Name, SpeakerMatch

# Raise it whenever a label may be matched differently: all speakers are then resolved again.
MATCHER_VERSION = 13

# How a label may be part of a full name that the title or description has.
_BEGINNINGS = ("first_name", "same_name", "part_of_name")
# Other parts need the name twice, or more of it in the label: what is capitalised before one name
# only may be a profession.
_ENDS = ("surname", "initials")
_TWICE = 2
_UNSURE_KINDS = ("nickname", "misspelt")
_MAX_EVIDENCE = 20  # names that an explanation lists

_CONFIDENCE = {
    "same_name": 0.85,
    "initials": 0.85,
    "first_name": 0.85,
    "surname": 0.85,
    "part_of_name": 0.85,
    "called": 0.85,
    "nickname": 0.8,
    "misspelt": 0.8,
}


def match(context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match each label of an episode to a name. Depends on the context alone. Never raises."""
    known_names = known_full_names(context)
    matches = {
        label: match_full_name(label, known_names, context) for label in context.segment_counts
    }
    matches |= _by_two_given_names(matches, context)
    if any(one.name is None for one in matches.values()):
        for step in _STEPS:
            matches |= step(matches, context)
        matches |= by_elimination(matches, context)
        matches |= _by_show(matches, context)
        matches |= _by_slip(matches, context)
    forms = _forms_in_feed(context)
    return {
        label: _with_best_form(_with_tag(one, context), forms) for label, one in matches.items()
    }


def _by_two_given_names(
    matches: Mapping[str, SpeakerMatch], context: EpisodeContext
) -> dict[str, SpeakerMatch]:
    """Match a label of two words to the one longer name, where all others are first names."""
    named = {label: one for label, one in matches.items() if one.name}
    if len(named) != 1 or not any(one.reason == "one_word_name" for one in matches.values()):
        return {}
    ((label, one),) = named.items()
    longer = [
        candidate
        for candidate in (*context.tags, *context.named)
        if one.name and candidate.name.key.startswith(f"{one.name.key} ")
    ]
    if one.name is None or one.name.words != _TWICE or len({each.name.key for each in longer}) != 1:
        return {}
    return {label: _match_part(label, one, {"": ("first_name", longer[0])})}


def _by_parts(matches: dict[str, SpeakerMatch], context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match initials, first names, surnames and handles to the only candidate that fits."""
    candidates = candidates_of(matches, context)
    known = KnownForms(candidates)
    updates: dict[str, SpeakerMatch] = {}
    for label, by_label in matches.items():
        if by_label.name is None and (forms := forms_of(label, by_label, matches)):
            matching = _matching(label, forms, candidates, known, context)
            updates[label] = _match_part(label, by_label, matching)
    return _without_rivals(_without_worse_labels(matches, updates))


def _without_worse_labels(
    matches: dict[str, SpeakerMatch], updates: dict[str, SpeakerMatch]
) -> dict[str, SpeakerMatch]:
    """Without nicknames and misspellings of a person whom another label names better.

    Beside Marta, Maria is another person.
    """
    better = {
        one.name.key
        for one in (matches | updates).values()
        if one.name is not None and one.method not in _UNSURE_KINDS
    }
    return {
        label: replace(match_label(label), reason="ambiguous")
        if one.method in _UNSURE_KINDS and one.name and one.name.key in better
        else one
        for label, one in updates.items()
    }


def _match_part(label: str, by_label: SpeakerMatch, matching: MatchingCandidates) -> SpeakerMatch:
    if not matching:
        return by_label
    if len(matching) > 1:
        return replace(by_label, reason="ambiguous", evidence=_names(matching))
    ((method, candidate),) = matching.values()
    evidence = (
        f"label {label!r}: the only candidate that fits is {candidate.name.display}, "
        f"{candidate.source}"
    )
    return SpeakerMatch(
        method, "unique_match", _CONFIDENCE[method], candidate.name, by_label.role, evidence
    )


def _matching(
    label: str,
    forms: list[Form],
    candidates: list[Candidate],
    known: KnownForms,
    context: EpisodeContext,
) -> MatchingCandidates:
    """Candidates that fit, from the best evidence that has any.

    First the speaker's own introduction, then the known candidates with those who are welcomed,
    at last names that are only mentioned.
    """
    introductions = self_introductions(label, context)
    if by_self := matching_candidates(forms, known.of(introductions)):
        return by_self
    if called := context.nicknames.get(fold(parse_label(label).text)):
        by_nickname = Candidate(called, "called so in the title or description", in_episode=True)
        return {called.key: ("called", by_nickname)}
    by_welcome = matching_candidates(forms, known.of(welcomed(label, context)))
    if by_candidates := matching_candidates(forms, candidates):
        return by_candidates | by_welcome
    if by_welcome:
        return by_welcome
    mentioned = self_introductions(label, context, mentioned=True)
    if by_mention := matching_candidates(forms, known.of(mentioned)):
        return by_mention
    by_text: MatchingCandidates = {}
    for named in (context.named, context.named_by_podcast):
        by_text |= matching_candidates(forms, [one for one in named if not one.is_credit])
    is_in_text = label in context.labels_in_text
    is_only_end = sum(kind in _ENDS for kind, _ in by_text.values()) == 1
    is_only = len(by_text) == 1
    fitting = {
        key: (kind, one)
        for key, (kind, one) in by_text.items()
        if kind in _BEGINNINGS
        or (
            kind in _ENDS
            and (one.times >= _TWICE or (is_only_end and says_enough(label, kind, one)))
        )
        or (kind == "initials" and is_in_text)
        or (kind == "nickname" and is_only and one.times >= _TWICE)
    }
    return fitting or _shortened(label, context, is_in_text=is_in_text)


def _shortened(label: str, context: EpisodeContext, *, is_in_text: bool) -> MatchingCandidates:
    """The one person of whose first name a label is short: Inmaculada, Inma; Rosalinde, Rosi.

    The texts have the label, too, or present the person, or name them twice.
    """
    short = fold(label)
    fitting = {
        one.name.key: one
        for one in (*context.named_by_podcast, *context.named)
        if one.name.words > 1 and not one.is_credit and is_short_form(short, one.name.key)
    }
    if is_in_text:
        return {key: ("nickname", one) for key, one in fitting.items()}
    usual = {one.name.key for one in context.named_by_podcast}
    return {
        key: ("nickname", one)
        for key, one in fitting.items()
        if len(fitting) == 1 and (one.role or one.times >= _TWICE or key in usual)
    }


def _by_slip(matches: dict[str, SpeakerMatch], context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match a label that is another one with two letters swapped: Palmoa, Paloma."""
    counts = context.segment_counts
    updates: dict[str, SpeakerMatch] = {}
    for label, one in matches.items():
        if one.name is not None or one.reason not in (*IN_PARTS, "ambiguous"):
            continue
        meant = [
            other
            for other, named in matches.items()
            if named.name and counts[other] > counts[label] and has_swapped_letters(label, other)
        ]
        if len(meant) == 1:
            evidence = f"label {label!r}: a slip for {meant[0]!r}"
            right = matches[meant[0]]
            updates[label] = replace(right, method="misspelt", confidence=0.8, evidence=evidence)
    return updates


def _by_show(matches: dict[str, SpeakerMatch], context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match what is left to the person whom the label is in other episodes.

    It comes last and is no evidence for other episodes, so that no match supports itself.
    """
    taken = {one.name.key for one in matches.values() if one.name}
    updates: dict[str, SpeakerMatch] = {}
    for label, one in matches.items():
        name = context.in_show.get(fold(label))
        if one.name is None and one.reason in IN_PARTS and name and name.key not in taken:
            evidence = f"label {label!r}: {name.display} in other episodes"
            updates[label] = SpeakerMatch("in_show", "unique_match", 0.75, name, one.role, evidence)
    return updates


def _names(matching: MatchingCandidates) -> str:
    names = sorted(one.name.display for _, one in matching.values())
    return "fit: " + ", ".join(names[:_MAX_EVIDENCE]) + (" …" if names[_MAX_EVIDENCE:] else "")


def _without_rivals(updates: dict[str, SpeakerMatch]) -> dict[str, SpeakerMatch]:
    """Without first names beside a label that adds an initial to the same name: James, James C."""
    with_initial = [
        label for label, one in updates.items() if one.name is None and one.reason == "initials"
    ]
    first_names = {
        name.key.split()[0]
        for label in with_initial
        if (name := read_name(label)) and name.words > 1
    }
    return {
        label: replace(match_label(label), reason="ambiguous")
        if one.method == "first_name" and (name := read_name(label)) and name.key in first_names
        else one
        for label, one in updates.items()
    }


def _with_tag(one: SpeakerMatch, context: EpisodeContext) -> SpeakerMatch:
    """With the role and link that a tag gives the person, else with the role in the label."""
    for tag in context.tags:
        if one.name is not None and tag.name.key == one.name.key:
            return replace(one, role=tag.role or one.role, link=tag.link)
    return one


def _forms_in_feed(context: EpisodeContext) -> Mapping[str, Name]:
    """The best form of each name of the tags, the title and the descriptions, by key."""
    forms: dict[str, Name] = {}
    for one in (*context.tags, *context.named, *context.named_by_podcast):
        forms[one.name.key] = _better_form(forms.get(one.name.key, one.name), one.name)
    return forms


def _with_best_form(one: SpeakerMatch, forms: Mapping[str, Name]) -> SpeakerMatch:
    """With the form of the feed, if it is better: labels may have lost capitals and accents."""
    if one.name is None or one.name.key not in forms:
        return one
    if _is_other_case(one.name.display, forms[one.name.key].display):
        return one
    return replace(one, name=_better_form(one.name, forms[one.name.key]))


def _is_other_case(label: str, text: str) -> bool:
    """Whether a text has a Polish name in another case: "with Anną Nowak", "for Annę Nowak"."""
    return any(
        word.endswith(("ą", "ę")) and not own.endswith(("ą", "ę"))
        for own, word in zip(label.lower().split(), text.lower().split(), strict=False)
    )


def _better_form(name: Name, other: Name) -> Name:
    return replace(name, display=better_display(name.display, other.display))


def needs_introductions(labels: Iterable[str]) -> bool:
    """Whether the text of an episode can identify speakers whom its labels do not."""
    return any(
        (one := match_label(label)).name is None and (one.reason in IN_PARTS or is_unnamed(label))
        for label in labels
    )


# In this order: the surest evidence first.
_STEPS = (
    _by_parts,
    by_initials,
    by_self_introduction,
    by_direct_address,
    by_spoken_name,
    by_greeting,
    by_mutual_address,
    by_address_of_the_other,
    by_round,
    by_interview,
    by_answers,
    by_role,
    by_only_speaker,
)
