"""Who a voice is that a program told apart and only numbered: by its words, by calls, as the last.

What these ways come to is measured on whole shows whose labels are replaced by numbers
(``python -m benchmarks.identity.numbered``).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from tasks.speakers.evidence.candidates import (
    Fitting,
    as_known,
    candidates_of,
    guests,
    introduced_guests,
    matching_candidates,
)
from tasks.speakers.names.label_variants import Form, is_handle, is_numbered
from tasks.speakers.names.names import read_name
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.values import Candidate, Decision, EpisodeContext, Name

# A voice is to be reckoned with from this share of the segments, and this many of them.
_LEAST_SHARE, _LEAST_SEGMENTS = 0.02, 5
# A voice answers to a name when it does so this often, and in this share of the calls.
_LEAST_CALLS, _LEAST_CALLED = 3, 0.75
# Who calls a name is somebody else; an exception in so many answers is a turn cut wrongly.
_SELF_CALLS = 4

Decided = Mapping[str, Decision]
# By voice and key of a name.
Calls = defaultdict[str, Counter[str]]


def by_self_introduction(decided: Decided, context: EpisodeContext) -> dict[str, Decision]:
    """A numbered voice that says who it is, when that is one candidate and no other voice's."""
    known = candidates_of(decided, context)
    taken = _taken(decided)
    found: dict[str, Decision] = {}
    for label in _numbered(decided):
        if (candidate := _says(label, known, context)) and candidate.name.key not in taken:
            evidence = f"the voice {label!r} says that it is {candidate.name.display}"
            found[label] = Decision("own_words", "unique_match", 0.8, candidate.name, "", evidence)
    return _each_once(found)


def by_direct_address(decided: Decided, context: EpisodeContext) -> dict[str, Decision]:
    """A numbered voice that answers when somebody is called, and that nobody else answers for."""
    numbered = _numbered(decided)
    if not numbered or not context.addressed:
        return {}
    known = _known(decided, context)
    people = {one.name.key: one.name for one in known}
    answers, calls = _answers(known, context)
    called = sum(answers.values(), Counter[str]())
    taken = _taken(decided)
    found: dict[str, Decision] = {}
    for label in numbered:
        for key, times in answers[label].most_common(1):
            enough = max(_LEAST_CALLS, _LEAST_CALLED * max(called[key], answers[label].total()))
            if times >= enough and calls[label][key] * _SELF_CALLS <= times and key not in taken:
                evidence = f"the voice {label!r} answers to {people[key].display}, {times} times"
                found[label] = Decision("called", "unique_match", 0.75, people[key], "", evidence)
    return _each_once(found)


def _known(decided: Decided, context: EpisodeContext) -> list[Candidate]:
    """Whom a voice without a name can be: named by the episode, welcomed, or usually heard."""
    known = candidates_of(decided, context)
    welcome = as_known(introduced_guests(context), known)
    usual = {key for key, one in context.recurring.items() if one.usual}
    return [*(one for one in known if one.here or one.name.key in usual), *welcome]


def _answers(known: Iterable[Candidate], context: EpisodeContext) -> tuple[Calls, Calls]:
    """By voice: how often it answers to each candidate's name, and how often it calls it."""
    meant = _names_in_calls([one.name for one in known], context)
    answers: Calls = defaultdict(Counter)
    calls: Calls = defaultdict(Counter)
    for one in context.addressed:
        if key := meant.get(one.name):
            answers[one.voice][key] += one.times
            calls[one.by][key] += one.times
    _count_welcomes(answers, calls, context)
    return answers, calls


def _count_welcomes(answers: Calls, calls: Calls, context: EpisodeContext) -> None:
    """Of two voices, one that welcomes whom the episode tags is the other's host."""
    voices = _voices(context)
    tagged = {tag.name.key for tag in context.tags if tag.here}
    for said in context.introductions:
        name = read_name(said.name)
        others = [label for label in voices if label != said.by]
        if said.welcomed and name and name.key in tagged and len(voices) == 2 and len(others) == 1:
            answers[others[0]][name.key] += _LEAST_CALLS
            calls[said.by][name.key] += _LEAST_CALLS


def _names_in_calls(known: Iterable[Name], context: EpisodeContext) -> dict[str, str]:
    """Whom a call means: a full name its own, a first name the only one who is known to have it.

    Somebody who is only talked about may be who is called, so a namesake leaves it open.
    """
    bearers: defaultdict[str, set[str]] = defaultdict(set)
    full = {name.key for name in known}
    for key in full:
        bearers[key.split()[0]].add(key)
    for one in context.introductions:
        name = read_name(one.name)
        if name and name.words > 1:
            first = name.key.split()[0]
            if not any(_may_be_one(name.key, key) for key in bearers[first]):
                bearers[first].add(name.key)
    meant = {first: next(iter(keys)) for first, keys in bearers.items() if len(keys) == 1}
    return {call: key for call, key in meant.items() if key in full} | {key: key for key in full}


def _may_be_one(said: str, key: str) -> bool:
    """Whether two full names can be one person's, as a transcript has them."""
    shorter = key in shorter_forms(said) or said in shorter_forms(key)
    return said == key or shorter or is_misheard_name(said, key)


def by_elimination(decided: Decided, context: EpisodeContext) -> dict[str, Decision]:
    """The last voice is the last candidate, when exactly one of each remains."""
    unknown = [label for label in _voices(context) if decided[label].name is None]
    unknown = [label for label in unknown if _is_one_voice(label, decided[label])]
    left = _left(decided, context)
    if len(unknown) != 1 or len(left) != 1:
        return {}
    ((label,), (candidate,)) = unknown, left
    if not (is_numbered(label) or is_handle(label, candidate.name)):
        return {}
    last = f"{candidate.name.display}, {candidate.where}"
    evidence = f"the last voice, {label!r}, and the last candidate, {last}"
    return {label: Decision("last_voice", "unique_match", 0.7, candidate.name, "", evidence)}


def _voices(context: EpisodeContext) -> list[str]:
    """The voices that are to be reckoned with."""
    least = max(_LEAST_SEGMENTS, _LEAST_SHARE * sum(context.voices.values()))
    return [label for label, segments in context.voices.items() if segments >= least]


def _left(decided: Decided, context: EpisodeContext) -> list[Candidate]:
    """Who is named by the episode and no voice's yet; else its podcast's only usual voice."""
    taken = _taken(decided)
    invited = as_known(guests(context), candidates_of(decided, context))
    here = {one.name.key: one for one in (*context.tags, *invited) if one.here}
    left = [one for key, one in here.items() if key not in taken]
    usual = [one for one in context.recurring.values() if one.usual and one.established]
    if left or len(usual) != 1 or usual[0].name.key in taken:
        return left
    return [Candidate(usual[0].name, "the podcast's usual voice")]


def _is_one_voice(label: str, alone: Decision) -> bool:
    """Whether an unknown label can be a single person: not the audience, a sound, or two."""
    if alone.reason == "multiple_people":
        return False
    return alone.reason != "not_a_person" or is_numbered(label)


def _numbered(decided: Decided) -> list[str]:
    return [label for label, one in decided.items() if one.name is None and is_numbered(label)]


def _taken(decided: Decided) -> set[str]:
    return {one.name.key for one in decided.values() if one.name}


def _each_once(found: dict[str, Decision]) -> dict[str, Decision]:
    """Without the people whom two voices would be."""
    keys = [one.name.key for one in found.values() if one.name]
    return {
        label: one for label, one in found.items() if one.name and keys.count(one.name.key) == 1
    }


def _says(label: str, known: list[Candidate], context: EpisodeContext) -> Candidate | None:
    """Who the voice says that it is: one candidate that fits all of its own introductions."""
    said = [one for one in context.introductions if one.own and one.label == label]
    fitting: Fitting = {}
    for one in said:
        if name := read_name(one.name):
            fitting |= matching_candidates([Form(name.key, capitals=False)], known) or _misheard(
                name, known
            )
    people = [candidate for _, candidate in fitting.values()]
    names = {name.key for one in said if (name := read_name(one.name))}
    return people[0] if len(people) == 1 and not _has_namesake(people[0], names, context) else None


def _has_namesake(one: Candidate, said: Collection[str], context: EpisodeContext) -> bool:
    """Whether a first name that was said is also that of somebody else who is named in full."""
    full = (name.key for other in context.introductions if (name := read_name(other.name)))
    return any(
        " " in key and key.split()[0] in said and not _may_be_one(key, one.name.key) for key in full
    )


def _misheard(name: Name, known: Iterable[Candidate]) -> Fitting:
    """A candidate of the episode with the same first name, and a surname that begins alike."""
    if name.words < 2:
        return {}
    first, *_, last = name.key.split()
    return {
        one.name.key: ("own_words", one)
        for one in known
        if one.here and one.name.words > 1 and one.name.key.split()[0] == first
        and one.name.key.split()[-1][:2] == last[:2]
    }  # fmt: skip
