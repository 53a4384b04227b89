"""Match unnamed speakers by full names that are spoken, where signs of different speakers agree.

``python -m benchmarks.identity.numbered`` measures the signs on whole shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tasks.speakers.evidence.candidates import KnownForms, candidates_of
from tasks.speakers.names.label_variants import is_handle, is_unnamed
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.values import Candidate, EpisodeContext, Name, SpeakerMatch, SpokenName

_TWICE, _OFTEN = 2, 3
_FEW_OF_OTHERS = 3  # addresses of this speaker for each that another one answers

_SHORT = 3  # letters that a nickname has of a name: Dash, Dashiell
_OF_SPEAKER = frozenset({"self", "presented", "named_before"})

Matches = Mapping[str, SpeakerMatch]


def by_spoken_name(matches: Matches, context: EpisodeContext) -> dict[str, SpeakerMatch]:
    """Match an unnamed speaker to the only full name that two signs say is theirs."""
    taken = {one.name.key for one in matches.values() if one.name}
    hosts = {one.label for one in context.spoken if "presents" in one.signs}
    own = _own_names(context.spoken)
    found: defaultdict[str, list[SpokenName]] = defaultdict(list)
    for one in context.spoken:
        is_free = _may_have(one, matches) and one.name.key not in taken
        if is_free and own[one.label] <= {one.name.key} and _is_theirs(one, hosts, context):
            found[one.label].append(one)
    times = Counter(one.name.key for of in found.values() for one in of)
    known = KnownForms(candidates_of(matches, context))
    return {
        label: _match(of[0], known)
        for label, of in found.items()
        if len(of) == 1
        and times[of[0].name.key] == 1
        and not _is_in_doubt(of[0], hosts, taken, context)
    }


def is_called_otherwise(
    label: str, name: Name, context: EpisodeContext, *, is_sure: bool = False
) -> bool:
    """Whether a speaker is greeted as, or without a sure sign named as, another person."""
    words = name.key.split()
    spoken = [one for one in context.spoken if one.label == label and one.signs & _OF_SPEAKER]
    mine = [one for one in context.spoken if (one.label, one.name.key) == (label, name.key)]
    if any(one.addresses and one.addresses >= one.addressed for one in mine):
        return True
    is_named = is_sure or any(one.name.key == name.key for one in spoken)
    if not is_named and any(set(words).isdisjoint(one.name.key.split()) for one in spoken):
        return True
    greeted = (given for who, given in context.greeted if who == label and given != fold(label))
    return any(not any(_may_be_short_for(given, word) for word in words) for given in greeted)


def _may_be_short_for(given: str, word: str) -> bool:
    """Whether a greeting by one name may mean another: Dash, Dashiell; Laolu, Olaoluwa."""
    return word[:_SHORT] == given[:_SHORT] or (len(given) > _SHORT and given in word)


def _is_in_doubt(
    one: SpokenName, hosts: set[str], taken: set[str], context: EpisodeContext
) -> bool:
    """Whether the speaker may be another, or the name misheard.

    It is not in the feed, which has another person in this role who is not found.
    """
    if one.addressed < _OFTEN and is_called_otherwise(one.label, one.name, context, is_sure=True):
        return True
    if any(each.name.key == one.name.key for each in (*context.tags, *context.named)):
        return False
    is_host = one.label in hosts or "opens" in one.signs
    return any(
        tag.in_episode and tag.name.key not in taken and (tag.role == "host") == is_host
        for tag in context.tags
        if tag.role
    )


def _own_names(spoken: Iterable[SpokenName]) -> Mapping[str, set[str]]:
    """The names that each speaker says are theirs: one who has two quotes or jokes."""
    own: defaultdict[str, set[str]] = defaultdict(set)
    for one in spoken:
        if "self" in one.signs:
            own[one.label].add(one.name.key)
    return own


def _may_have(one: SpokenName, matches: Matches) -> bool:
    """Whether a label may have the name: a number, a role, or a handle."""
    by_label = matches.get(one.label)
    if by_label is None or by_label.name is not None:
        return False
    return is_unnamed(one.label) or (one.label != "" and is_handle(one.label, one.name))


def _is_theirs(one: SpokenName, hosts: set[str], context: EpisodeContext) -> bool:
    """Whether signs of two speakers agree; a host who presents others needs no other one."""
    if one.addresses:
        return False
    if "self" in one.signs:
        is_host = one.label in hosts and "self_opening" in one.signs
        return one.addressed > 0 or is_host or not one.signs.isdisjoint({"opens", "self_named"})
    is_clear = one.addressed >= _FEW_OF_OTHERS * one.to_others
    is_in_feed = any(each.name.key == one.name.key for each in (*context.tags, *context.named))
    if "presented" in one.signs and is_in_feed and is_clear and one.addressed:
        return True
    is_greeted = (one.label, one.name.key.split()[0]) in context.greeted
    least = 1 if "presented" in one.signs and is_clear and is_greeted else _TWICE
    return one.addressed >= least


def _match(one: SpokenName, known: KnownForms) -> SpeakerMatch:
    heard = Candidate(one.name, "introduced in the episode", in_episode=True)
    name: Name = known.of([heard])[0].name
    if "self" in one.signs:
        evidence = f"{one.label!r} says that they are {name.display}, and others agree"
        return SpeakerMatch("own_words", "unique_match", 0.8, name, "", evidence)
    evidence = f"{one.label!r} is presented as {name.display}, and answers to the name"
    return SpeakerMatch("called", "unique_match", 0.75, name, "", evidence)
