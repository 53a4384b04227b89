"""Match unnamed speakers by the names by which others address, greet or welcome them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tasks.speakers.evidence.candidates import KnownForms, candidates_of, introduced_guests
from tasks.speakers.names.label_variants import is_unnamed
from tasks.speakers.names.names import read_name
from tasks.speakers.spoken import is_called_otherwise
from tasks.speakers.unnamed import (
    Matches,
    matched_names,
    may_be_same,
    numbered_labels,
    significant_speakers,
    unnamed_labels,
    without_shared_names,
)
from tasks.speakers.values import Candidate, EpisodeContext, Name, SpeakerMatch

# A speaker has a name when they answer to it this often, and in this share of the addresses.
ANSWERS, _MIN_ANSWERED_SHARE = 3, 0.75
# A speaker who addresses a name is another person. A wrongly split turn makes an exception: one
# such address in this many answers is ignored.
_ANSWERS_PER_SELF_ADDRESS = 4

# How often, by label and by the key of a name.
AddressCounts = defaultdict[str, Counter[str]]


def by_direct_address(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match a numbered speaker who answers, and alone answers, when a name is addressed."""
    numbered = numbered_labels(matches)
    if not numbered or not context.direct_addresses:
        return {}
    candidates = _addressable(matches, context)
    names = {one.name.key: one.name for one in candidates}
    here = {one.name.key for one in candidates if one.in_episode}
    answers, addresses = _count_addresses(candidates, context)
    total = sum(answers.values(), Counter[str]())
    taken = matched_names(matches)
    updates: dict[str, SpeakerMatch] = {}
    for label in numbered:
        for key, times in answers[label].most_common(1):
            of_all = max(total[key], answers[label].total())
            is_often = times >= max(ANSWERS, _MIN_ANSWERED_SHARE * of_all)
            is_often |= times == of_all == ANSWERS - 1 and key in here
            is_self = addresses[label][key] * _ANSWERS_PER_SELF_ADDRESS > times
            is_self |= times <= ANSWERS and is_called_otherwise(
                label, names[key], context, is_sure=True
            )
            is_self |= _greets_another_so(label, names[key], context)
            if is_often and not is_self and key not in taken:
                evidence = f"{label!r} answers to {names[key].display}, {times} times"
                updates[label] = SpeakerMatch(
                    "called", "unique_match", 0.75, names[key], "", evidence
                )
    return without_shared_names(updates)


def by_greeting(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match an unnamed speaker of two whom the other one greets by a first name.

    The feed names one person with it, and nobody else is greeted so.
    """
    speakers = significant_speakers(context)
    if len(speakers) != 2 or not context.greeted:
        return {}
    people = _people(matches, context)
    taken = matched_names(matches)
    names, _ = _greeted(context)
    updates: dict[str, SpeakerMatch] = {}
    for label, other in (speakers, speakers[::-1]):
        if matches[label].name or not is_unnamed(label) or len(names[label]) != 1:
            continue
        (given,) = names[label]
        fitting = people.get(given, {})
        if len(fitting) != 1 or given in names[other] or not fitting.keys().isdisjoint(taken):
            continue
        (person,) = fitting.values()
        if person.name.words > 1 and not is_called_otherwise(label, person.name, context):
            updates[label] = _called(person, f"{label!r} is greeted as {given!r}")
    return updates


def by_round(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match several speakers who are greeted, or called in one by one, by names that tags have."""
    tagged = _by_first_name([tag for tag in context.tags if tag.in_episode])
    names, labels = _greeted(context)
    taken = matched_names(matches)
    updates: dict[str, SpeakerMatch] = {}
    for label in unnamed_labels(matches):
        (given, *others) = (*names[label], "")
        fitting = tagged.get(given, {})
        if any(others) or len(fitting) != 1 or labels[given] != {label}:
            continue
        (person,) = fitting.values()
        if person.name.key in taken or is_called_otherwise(label, person.name, context):
            continue
        updates[label] = _called(person, f"{label!r} is called in as {given!r}")
    return without_shared_names(updates)


def by_mutual_address(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match two speakers who call each other by first names of different people in the feed.

    Each is called by one such name only: two signs, by two speakers.
    """
    speakers = significant_speakers(context)
    if len(speakers) != 2:
        return {}
    people = _people(matches, context)
    called = [_answers_to(label, people, context) for label in speakers]
    if any(len(each) != 1 for each in called) or called[0].keys() == called[1].keys():
        return {}
    persons = dict(zip(speakers, (next(iter(each.values())) for each in called), strict=True))
    names = {label: name for label in speakers if (name := matches[label].name)}
    if any(name.key != persons[label].name.key for label, name in names.items()):
        return {}
    return {
        label: _called(person, f"two speakers call each other by name, {label!r} so")
        for label, person in persons.items()
        if label not in names and is_unnamed(label) and person.name.words > 1
    }


def by_address_of_the_other(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match an unnamed speaker of two whom the other, who has a name, calls by one of the feed."""
    speakers = significant_speakers(context)
    unnamed = [label for label in speakers if not matches[label].name]
    if len(speakers) != 2 or len(unnamed) != 1 or not is_unnamed(unnamed[0]):
        return {}
    (label,) = unnamed
    called = _answers_to(label, _people(matches, context), context)
    if len(called) != 1 or not called.keys().isdisjoint(matched_names(matches)):
        return {}
    (person,) = called.values()
    if person.name.words == 1 or is_called_otherwise(label, person.name, context):
        return {}
    return {label: _called(person, f"{label!r} is called {person.name.key.split()[0]!r}")}


def _called(person: Candidate, sign: str) -> SpeakerMatch:
    evidence = f"{sign}: {person.name.display}, {person.source}"
    return SpeakerMatch("called", "unique_match", 0.7, person.name, "", evidence)


def _greeted(context: EpisodeContext) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """The first names by which each label is greeted, and the labels that each name greets."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for label, given in context.greeted:
        names[label].add(given)
        labels[given].add(label)
    return names, labels


def _people(matches: Matches, context: EpisodeContext) -> dict[str, dict[str, Candidate]]:
    """People of the episode, usual ones, and those whom the feed's texts name, by first name."""
    usual = _here_or_usual(matches, context)
    return _by_first_name([*usual, *context.named, *context.named_by_podcast])


def _by_first_name(people: Iterable[Candidate]) -> dict[str, dict[str, Candidate]]:
    found: defaultdict[str, dict[str, Candidate]] = defaultdict(dict)
    for one in people:
        if not one.is_credit:
            found[one.name.key.split()[0]].setdefault(one.name.key, one)
    return found


def _answers_to(
    label: str, people: Mapping[str, dict[str, Candidate]], context: EpisodeContext
) -> dict[str, Candidate]:
    """The people by whose first names a speaker is addressed."""
    called: dict[str, Candidate] = {}
    for one in context.direct_addresses:
        if one.answered_by == label:
            called |= people.get(one.name.split()[0], {})
    return called


def _addressable(matches: Matches, context: EpisodeContext) -> list[Candidate]:
    """Candidates who may be addressed: in the episode, welcomed, or usual in the podcast."""
    welcome = KnownForms(candidates_of(matches, context)).of(introduced_guests(context))
    return [*_here_or_usual(matches, context), *welcome]


def _here_or_usual(matches: Matches, context: EpisodeContext) -> list[Candidate]:
    usual = {key for key, one in context.recurring.items() if one.usual}
    candidates = candidates_of(matches, context)
    return [one for one in candidates if one.in_episode or one.name.key in usual]


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
    speakers = significant_speakers(context)
    tagged = {tag.name.key for tag in context.tags if tag.in_episode}
    for one in context.introductions:
        name = read_name(one.name)
        others = [label for label in speakers if label != one.introduced_by]
        is_tagged = name is not None and name.key in tagged
        if name and one.welcomed and is_tagged and len(speakers) == 2 and len(others) == 1:
            answers[others[0]][name.key] += ANSWERS
            addresses[one.introduced_by][name.key] += ANSWERS


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
            if not any(may_be_same(name.key, key) for key in bearers[first_name]):
                bearers[first_name].add(name.key)
    unique = {first: next(iter(keys)) for first, keys in bearers.items() if len(keys) == 1}
    by_first_name = {first: key for first, key in unique.items() if key in full_names}
    return by_first_name | {key: key for key in full_names}


def _greets_another_so(label: str, name: Name, context: EpisodeContext) -> bool:
    """Whether only others are greeted by the first name: "Jane, welcome to the show"."""
    greeted = {who for who, given in context.greeted if given == name.key.split()[0]}
    return bool(greeted) and label not in greeted
