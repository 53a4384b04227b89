"""Match a label that has a full name: to itself, or to the form that the podcast knows better."""

from dataclasses import replace

from tasks.speakers.evidence.candidates import own_form
from tasks.speakers.names.similarity import (
    family_name_last,
    is_misspelt_name,
    match_kind,
    shorter_forms,
    sound_alike,
)
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import CONJUNCTIONS_IN_SURNAMES
from tasks.speakers.values import EpisodeContext, Name, SpeakerMatch

_ARABIC_AND = "\u0648"  # in front of the second name
_JOINED = 3  # words of "Ana e Rui"


def known_full_names(context: EpisodeContext) -> dict[str, Name]:
    """Full names of the tags and of established recurring speakers, by key."""
    names = {tag.name.key: tag.name for tag in context.tags if tag.name.words > 1}
    return names | {key: one.name for key, one in context.recurring.items() if one.established}


def match_full_name(
    label: str, known_names: dict[str, Name], context: EpisodeContext
) -> SpeakerMatch:
    """Match a full name to itself, unless this podcast knows another form of it better."""
    by_label = match_label(label)
    name = by_label.name
    if name is None:
        return by_label
    if _joins_two(name, context):
        return SpeakerMatch("unresolved", "multiple_people", role=by_label.role)
    variant = _variant(by_label, name, known_names, context)
    if variant is not None or name.key in known_names:
        return variant or by_label
    if own := own_form(label, name, context):
        evidence = f"{by_label.evidence}, who says that it is {own.display}"
        return replace(by_label, method="misspelt", name=own, confidence=0.85, evidence=evidence)
    return _corrected(by_label, name, known_names, context)


def _variant(
    by_label: SpeakerMatch, name: Name, known_names: dict[str, Name], context: EpisodeContext
) -> SpeakerMatch | None:
    """A longer form of a known name, or one with the family name first."""
    for key in shorter_forms(name.key):
        if key in known_names:
            evidence = f"{by_label.evidence}, known here as {known_names[key].display}"
            shorter = replace(by_label, name=known_names[key], confidence=0.9, evidence=evidence)
            return replace(shorter, method="variant", variant=name)
    turned = family_name_last(name.key)
    if name.key in known_names or turned not in known_names or turned in _label_names(context):
        return None
    known = known_names[turned]
    evidence = f"{by_label.evidence}, family name first, known here as {known.display}"
    return replace(by_label, method="variant", name=known, confidence=0.85, evidence=evidence)


def _corrected(
    by_label: SpeakerMatch, name: Name, known_names: dict[str, Name], context: EpisodeContext
) -> SpeakerMatch:
    """A full name that is misspelt, or only a surname of three characters."""
    if right := _rightly_spelt(name, known_names, context):
        evidence = f"{by_label.evidence}, misspelt for {right.display}"
        return replace(by_label, method="misspelt", name=right, confidence=0.85, evidence=evidence)
    if whole := _with_this_surname(name, known_names, context):
        evidence = f"{by_label.evidence}, the surname of {whole.display}"
        return replace(by_label, method="surname", name=whole, confidence=0.8, evidence=evidence)
    return by_label


def _with_this_surname(
    name: Name, known_names: dict[str, Name], context: EpisodeContext
) -> Name | None:
    """The one known name whose surname this is, of those that are written without spaces."""
    if " " in name.key:
        return None
    known = known_names | {tag.name.key: tag.name for tag in context.tags}
    found = [one for key, one in known.items() if match_kind(name.key, key) == "surname"]
    return found[0] if len(found) == 1 else None


def _rightly_spelt(
    name: Name, known_names: dict[str, Name], context: EpisodeContext
) -> Name | None:
    """The one known name of which a full name is a misspelling; None if it may be another's."""
    if own := _in_feed_with_this_first_name(name, context):
        return own
    near = [known_names[key] for key in sorted(known_names) if is_misspelt_name(name.key, key)]
    if len(near) != 1 or _is_known_elsewhere(name, context):
        return None
    if sound_alike(name.key, near[0].key):
        return near[0]
    return None if near[0].key in _label_names(context) else near[0]


def _in_feed_with_this_first_name(name: Name, context: EpisodeContext) -> Name | None:
    """The one full name of the feed with the same first name, and a surname one letter away.

    Two people with the same first name do not have such surnames, one of them only in a label.
    """
    in_feed = {one.name.key: one.name for one in (*context.named, *context.named_by_podcast)}
    near = [
        one
        for key, one in sorted(in_feed.items())
        if key.split()[0] == name.key.split()[0] and is_misspelt_name(name.key, key)
    ]
    if name.key in in_feed or len(near) != 1 or _is_known_elsewhere(name, context):
        return None
    return near[0]


def _joins_two(name: Name, context: EpisodeContext) -> bool:
    """Whether a label has two people of the episode: "Ana e Rui", where Ana and Rui speak, too."""
    words = name.key.split()
    if len(words) == 2 and words[1].startswith(_ARABIC_AND):
        words[1:] = ["y", words[1].removeprefix(_ARABIC_AND)]
    if len(words) != _JOINED or words[1] not in CONJUNCTIONS_IN_SURNAMES:
        return False
    people = {one.name.key.split()[0] for one in (*context.tags, *context.named)}
    return {words[0], words[2]} <= people | {fold(label) for label in context.segment_counts}


def _label_names(context: EpisodeContext) -> set[str]:
    return {one.name.key for label in context.segment_counts if (one := match_label(label)).name}


def _is_known_elsewhere(name: Name, context: EpisodeContext) -> bool:
    recurring = context.recurring.get(name.key)
    return recurring is not None and (
        recurring.spoken > 1 or recurring.tagged > 0 or recurring.channel
    )
