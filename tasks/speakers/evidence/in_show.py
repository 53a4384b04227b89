"""Labels that other episodes of the podcast match to one person, by what is in those episodes."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from tasks.speakers.facts import MatchCount
from tasks.speakers.names.names import read_name
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.values import Name

# Methods that match a label to a name which the episode has itself, or a recurring full name.
METHODS = ("first_name", "surname", "part_of_name", "initials", "same_name", "nickname")
# A label is the same person in another episode where it is in at least one of this many episodes
# of a podcast that matched it twice, or in half of all.
_USUAL, _MOSTLY = 10, 2


def names_in_show(counts: Iterable[MatchCount], episodes: int) -> dict[str, Name]:
    """The person behind each folded label, where other episodes know only one."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, Name] = {}
    for label, text, times in counts:
        name = read_name(text)
        if name and name.words > 1:
            names[name.key] = name
            found[fold(label)][name.key] += times
    return {
        label: names[key]
        for label, people in sorted(found.items())
        for key, times in people.items()
        if len(people) == 1 and _is_usual(times, episodes)
    }


def usual_shares(times: int, episodes: int) -> list[bool]:
    """What decides for a label that is matched so many times, or once less."""
    return [_is_usual(each, episodes) for each in (times - 1, times)]


def _is_usual(times: int, episodes: int) -> bool:
    """``times`` counts other episodes; with the episode itself it is one more."""
    mostly = times > 0 and (times + 1) * _MOSTLY >= episodes
    return mostly or (times > 1 and (times + 1) * _USUAL >= episodes)
