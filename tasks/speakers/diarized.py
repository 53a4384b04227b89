"""Match diarized speakers ("Speaker 2") by self-introduction, address, greeting or elimination.

``python -m benchmarks.identity.numbered`` measures these methods on whole shows whose labels are
replaced by numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from tasks.speakers.evidence.candidates import (
    KnownForms,
    MatchingCandidates,
    candidates_of,
    guests,
    introduced_guests,
    matching_candidates,
    own_names,
)
from tasks.speakers.names.label_variants import Form, is_handle, is_numbered, is_unnamed
from tasks.speakers.names.names import read_name
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.spoken import is_called_otherwise
from tasks.speakers.values import Candidate, EpisodeContext, Name, SpeakerMatch

# A speaker is significant from this share of the segments, and this many of them.
_MIN_SHARE, _MIN_SEGMENTS = 0.02, 5
_MIN_SHARE_OF_FEW = 0.15  # of a short episode
# A speaker has a name when they answer to it this often, and in this share of the addresses.
_MIN_ANSWERS, _MIN_ANSWERED_SHARE = 3, 0.75
# A speaker who addresses a name is another person. A wrongly split turn makes an exception: one
# such address in this many answers is ignored.
_ANSWERS_PER_SELF_ADDRESS = 4

Matches = Mapping[str, SpeakerMatch]
# How often, by label and by the key of a name.
AddressCounts = defaultdict[str, Counter[str]]


def by_self_introduction(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match a numbered speaker who says their name, if it is that of one free candidate."""
    candidates = candidates_of(matches, context)
    taken = _matched_names(matches)
    updates: dict[str, SpeakerMatch] = {}
    for label in _unnamed(matches):
        candidate = _introduces_as(label, candidates, context) or _says_full_name(label, context)
        if candidate and candidate.name.key not in taken:
            evidence = f"{label!r} says that they are {candidate.name.display}"
            updates[label] = SpeakerMatch(
                "own_words", "unique_match", 0.8, candidate.name, "", evidence
            )
    return _without_shared_names(updates)


def by_direct_address(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match a numbered speaker who answers, and alone answers, when a name is addressed."""
    numbered = _numbered(matches)
    if not numbered or not context.direct_addresses:
        return {}
    candidates = _addressable(matches, context)
    names = {one.name.key: one.name for one in candidates}
    answers, addresses = _count_addresses(candidates, context)
    total = sum(answers.values(), Counter[str]())
    taken = _matched_names(matches)
    updates: dict[str, SpeakerMatch] = {}
    for label in numbered:
        for key, times in answers[label].most_common(1):
            of_all = max(total[key], answers[label].total())
            is_often = times >= max(_MIN_ANSWERS, _MIN_ANSWERED_SHARE * of_all)
            is_self = addresses[label][key] * _ANSWERS_PER_SELF_ADDRESS > times
            is_self |= times <= _MIN_ANSWERS and is_called_otherwise(
                label, names[key], context, is_sure=True
            )
            if is_often and not is_self and key not in taken:
                evidence = f"{label!r} answers to {names[key].display}, {times} times"
                updates[label] = SpeakerMatch(
                    "called", "unique_match", 0.75, names[key], "", evidence
                )
    return _without_shared_names(updates)


def _addressable(matches: Matches, context: EpisodeContext) -> list[Candidate]:
    """Candidates who may be addressed: in the episode, welcomed, or usual in the podcast."""
    candidates = candidates_of(matches, context)
    welcome = KnownForms(candidates).of(introduced_guests(context))
    usual = {key for key, one in context.recurring.items() if one.usual}
    return [*(one for one in candidates if one.in_episode or one.name.key in usual), *welcome]


def _count_addresses(
    candidates: Iterable[Candidate], context: EpisodeContext
) -> tuple[AddressCounts, AddressCounts]:
    """How often each speaker answers to each candidate's name, and how often they say it."""
    key_of = _keys_of_addressed([one.name for one in candidates], context)
    answers: AddressCounts = defaultdict(Counter)
    addresses: AddressCounts = defaultdict(Counter)
    for address in context.direct_addresses:
        if key := key_of.get(address.name):
            answers[address.answered_by][key] += address.times
            addresses[address.addressed_by][key] += address.times
    _count_welcomes(answers, addresses, context)
    return answers, addresses


def _count_welcomes(
    answers: AddressCounts, addresses: AddressCounts, context: EpisodeContext
) -> None:
    """Of two speakers, one who welcomes a tagged guest is the host, the other the guest."""
    speakers = _significant_speakers(context)
    tagged = {tag.name.key for tag in context.tags if tag.in_episode}
    for one in context.introductions:
        name = read_name(one.name)
        others = [label for label in speakers if label != one.introduced_by]
        is_tagged = name is not None and name.key in tagged
        if name and one.welcomed and is_tagged and len(speakers) == 2 and len(others) == 1:
            answers[others[0]][name.key] += _MIN_ANSWERS
            addresses[one.introduced_by][name.key] += _MIN_ANSWERS


def _keys_of_addressed(names: Iterable[Name], context: EpisodeContext) -> dict[str, str]:
    """Name keys by addressed name: a full name means itself, a first name its only bearer.

    People who are only talked about may be addressed too, so a namesake makes it ambiguous.
    """
    bearers: defaultdict[str, set[str]] = defaultdict(set)
    full_names = {name.key for name in names}
    for key in full_names:
        bearers[key.split()[0]].add(key)
    for one in context.introductions:
        name = read_name(one.name)
        if name and name.words > 1:
            first_name = name.key.split()[0]
            if not any(_may_be_same(name.key, key) for key in bearers[first_name]):
                bearers[first_name].add(name.key)
    unique = {first: next(iter(keys)) for first, keys in bearers.items() if len(keys) == 1}
    by_first_name = {first: key for first, key in unique.items() if key in full_names}
    return by_first_name | {key: key for key in full_names}


def _may_be_same(spoken: str, key: str) -> bool:
    """Whether two full names, one of them as transcribed, can belong to one person."""
    shorter = key in shorter_forms(spoken) or spoken in shorter_forms(key)
    return spoken == key or shorter or is_misheard_name(spoken, key)


def by_greeting(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match an unnamed speaker of two whom the other one greets by a first name.

    The feed names one person with it, and nobody else is greeted so.
    """
    speakers = _significant_speakers(context)
    if len(speakers) != 2 or not context.greeted:
        return {}
    people = [*candidates_of(matches, context), *context.named, *context.named_by_podcast]
    taken = {one.name.key for one in matches.values() if one.name}
    names: defaultdict[str, set[str]] = defaultdict(set)
    for label, given in context.greeted:
        names[label].add(given)
    updates: dict[str, SpeakerMatch] = {}
    for label, other in (speakers, speakers[::-1]):
        if matches[label].name or not is_unnamed(label) or len(names[label]) != 1:
            continue
        (given,) = names[label]
        fitting = {
            one.name.key: one
            for one in people
            if one.name.key.split()[0] == given and not one.is_credit
        }
        if len(fitting) != 1 or given in names[other] or not fitting.keys().isdisjoint(taken):
            continue
        ((_, person),) = fitting.items()
        if person.name.words > 1 and not is_called_otherwise(label, person.name, context):
            evidence = f"{label!r} is greeted as {given!r}: {person.name.display}, {person.source}"
            updates[label] = SpeakerMatch("called", "unique_match", 0.7, person.name, "", evidence)
    return updates


def by_elimination(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match the last unknown speaker to the last candidate, when one of each remains."""
    significant = _significant_speakers(context)
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
    if not (is_unnamed(label) or is_handle(label, candidate.name)):
        return {}
    last = f"{candidate.name.display}, {candidate.source}"
    evidence = f"{label!r} is the last unknown speaker, and {last}, is the last candidate"
    return {label: SpeakerMatch("last_voice", "unique_match", 0.7, candidate.name, "", evidence)}


def _significant_speakers(context: EpisodeContext) -> list[str]:
    """Labels with more than a few segments."""
    total = sum(context.segment_counts.values())
    minimum = max(min(_MIN_SEGMENTS, _MIN_SHARE_OF_FEW * total), _MIN_SHARE * total)
    return [label for label, count in context.segment_counts.items() if count >= minimum]


def _remaining_candidates(matches: Matches, context: EpisodeContext) -> list[Candidate]:
    """Candidates of the episode without a label, or else the podcast's only usual speaker."""
    taken = _matched_names(matches)
    invited = KnownForms(candidates_of(matches, context)).of(guests(context))
    of_episode = {one.name.key: one for one in (*context.tags, *invited) if one.in_episode}
    remaining = [one for key, one in of_episode.items() if key not in taken]
    usual = [one for one in context.recurring.values() if one.usual and one.established]
    if remaining or len(usual) != 1 or usual[0].name.key in taken:
        return remaining
    return [Candidate(usual[0].name, "the podcast's usual speaker")]


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


def _unnamed(matches: Matches) -> list[str]:
    return [label for label, one in matches.items() if one.name is None and is_unnamed(label)]


def _numbered(matches: Matches) -> list[str]:
    return [label for label, one in matches.items() if one.name is None and is_numbered(label)]


def _matched_names(matches: Matches) -> set[str]:
    return {one.name.key for one in matches.values() if one.name}


def _without_shared_names(updates: dict[str, SpeakerMatch]) -> dict[str, SpeakerMatch]:
    """Without the names that two labels match."""
    keys = [one.name.key for one in updates.values() if one.name]
    return {
        label: one for label, one in updates.items() if one.name and keys.count(one.name.key) == 1
    }


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
        " " in key and key.split()[0] in spoken and not _may_be_same(key, candidate.name.key)
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
