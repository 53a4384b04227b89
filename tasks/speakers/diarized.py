"""Match diarized speakers ("Speaker 2") by self-introduction, address, greeting or elimination.

``python -m benchmarks.identity.numbered`` measures these methods on whole shows whose labels are
replaced by numbers.
"""

from collections.abc import Collection, Iterable

from tasks.speakers.addressed import ANSWERS
from tasks.speakers.evidence.candidates import (
    KnownForms,
    MatchingCandidates,
    candidates_of,
    guests,
    matching_candidates,
    own_names,
)
from tasks.speakers.names.label_variants import Form, is_handle, is_unnamed
from tasks.speakers.names.names import read_name
from tasks.speakers.names.nicknames import is_form
from tasks.speakers.names.similarity import is_short_form
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.spoken import is_called_otherwise
from tasks.speakers.unnamed import (
    Matches,
    matched_names,
    may_be_same,
    significant_speakers,
    unnamed_labels,
    without_shared_names,
)
from tasks.speakers.values import Candidate, EpisodeContext, Name, SpeakerMatch


def by_self_introduction(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match a numbered speaker who says their name, if it is that of one free candidate."""
    candidates = [*candidates_of(matches, context), *_presented_by_feed(context)]
    taken = matched_names(matches)
    updates: dict[str, SpeakerMatch] = {}
    for label in unnamed_labels(matches):
        candidate = _introduces_as(label, candidates, context) or _says_full_name(label, context)
        if (
            candidate
            and candidate.name.key not in taken
            and not _calls_another_so(label, candidate.name, context)
        ):
            evidence = f"{label!r} says that they are {candidate.name.display}"
            updates[label] = SpeakerMatch(
                "own_words", "unique_match", 0.8, candidate.name, "", evidence
            )
    return without_shared_names(updates)


def _presented_by_feed(context: EpisodeContext) -> list[Candidate]:
    """People whom the podcast's description names, or the episode's texts as host or guest."""
    named = [one for one in context.named if one.role in ("host", "guest")]
    return [
        one
        for one in (*named, *context.named_by_podcast)
        if one.name.words > 1 and not one.is_credit
    ]


def by_elimination(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match the last unknown speaker to the last candidate, when one of each remains."""
    significant = significant_speakers(context)
    unknown = [label for label in significant if matches[label].name is None]
    unknown = [label for label in unknown if _may_be_one_person(label, matches[label])]
    remaining = _remaining_candidates(matches, context)
    if len(unknown) != 1 or len(remaining) != 1:
        return {}
    ((label,), (candidate,)) = unknown, remaining
    if any(one.name.key != candidate.name.key for one in own_names(label, context)):
        return {}
    if is_called_otherwise(label, candidate.name, context):
        return {}
    may_be_called = matches[label].reason != "ambiguous" and _may_be_called(
        label, candidate.name, context
    )
    if not (is_unnamed(label) or may_be_called):
        return {}
    last = f"{candidate.name.display}, {candidate.source}"
    evidence = f"{label!r} is the last unknown speaker, and {last}, is the last candidate"
    return {label: SpeakerMatch("last_voice", "unique_match", 0.7, candidate.name, "", evidence)}


def _remaining_candidates(matches: Matches, context: EpisodeContext) -> list[Candidate]:
    """Candidates of the episode without a label, or else the podcast's only usual speaker."""
    taken = matched_names(matches)
    named = [one for one in context.named if one.role == "guest" and not one.is_credit]
    invited = KnownForms(candidates_of(matches, context)).of([*guests(context), *named])
    of_episode = {one.name.key: one for one in (*context.tags, *invited) if one.in_episode}
    remaining = [one for key, one in of_episode.items() if not _may_be_taken(key, taken)]
    usual = [one for one in context.recurring.values() if one.usual and one.established]
    if remaining or len(usual) != 1 or usual[0].name.key in taken:
        return remaining
    return [Candidate(usual[0].name, "the podcast's usual speaker")]


def _may_be_called(label: str, name: Name, context: EpisodeContext) -> bool:
    """Whether a label may be a handle or a short form of a name, or its bearer's pseudonym.

    A pseudonym begins with the same letter as the name, which is the only one that is left of
    those who are tagged, and is no form of another name: Murch, Mark Erhardt.
    """
    words = fold(label).split()
    if is_handle(label, name):
        return True
    if any(is_short_form(word, part) for word in words for part in name.key.split()):
        return True
    is_tagged = any(tag.in_episode and tag.name.key == name.key for tag in context.tags)
    return is_tagged and len(words) == 1 and words[0][0] == name.key[0] and not is_form(words[0])


def _may_be_taken(key: str, taken: Collection[str]) -> bool:
    """Whether a candidate may be one of those who are found: AJ Towns, Anthony Towns."""
    surname = key.rsplit(maxsplit=1)[-1]
    return any(name.split()[-1] == surname and name[0] == key[0] for name in taken)


def _may_be_one_person(label: str, by_label: SpeakerMatch) -> bool:
    """Whether an unknown label can be one person: not the audience, a sound or two people."""
    if by_label.reason == "multiple_people":
        return False
    return by_label.reason != "not_a_person" or is_unnamed(label)


def _says_full_name(label: str, context: EpisodeContext) -> Candidate | None:
    """The only full name by which a speaker introduces themselves, if title or description has it.

    Alone it is no evidence: it may be misheard, a joke, or another's words.
    """
    named = {one.name.key for one in context.named}
    own = own_names(label, context)
    return own[0] if len(own) == 1 and own[0].name.key in named else None


def _calls_another_so(label: str, name: Name, context: EpisodeContext) -> bool:
    """Whether a speaker addresses others by a name more often than they answer to it."""
    spoken = {name.key, name.key.split()[0]}
    calls = [one for one in context.direct_addresses if one.name in spoken]
    made = sum(one.times for one in calls if one.addressed_by == label)
    answers = sum(one.times for one in calls if one.answered_by == label)
    return made > answers and made >= ANSWERS


def _introduces_as(
    label: str, candidates: list[Candidate], context: EpisodeContext
) -> Candidate | None:
    """The one candidate that fits all self-introductions of a speaker."""
    own = [one for one in context.introductions if one.is_self and one.label == label]
    names = [name for one in own if (name := read_name(one.name))]
    matching: MatchingCandidates = {}
    for name in names:
        form = Form(name.key, capitals=False)
        matching |= matching_candidates([form], candidates) or _misheard(name, candidates)
    people = [candidate for _, candidate in matching.values()]
    if len(people) != 1:
        return None
    return None if _has_namesake(people[0], {name.key for name in names}, context) else people[0]


def _has_namesake(candidate: Candidate, spoken: Collection[str], context: EpisodeContext) -> bool:
    """Whether another person with the spoken first name is introduced by their full name."""
    introduced = (name.key for one in context.introductions if (name := read_name(one.name)))
    return any(
        " " in key and key.split()[0] in spoken and not may_be_same(key, candidate.name.key)
        for key in introduced
    )


def _misheard(name: Name, candidates: Iterable[Candidate]) -> MatchingCandidates:
    """Candidates of the episode with the same first name, and a surname that begins alike."""
    words = name.key.split()
    if len(words) < 2:  # a name of two words may have no space: 山田・太郎
        return {}
    first, last = words[0], words[-1]
    return {
        one.name.key: ("own_words", one)
        for one in candidates
        if one.in_episode
        and one.name.words > 1
        and one.name.key.split()[0] == first
        and one.name.key.split()[-1][:2] == last[:2]
    }
