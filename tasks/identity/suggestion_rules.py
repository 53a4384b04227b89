"""Suggested merges of similar names, and suggested splits of a name across languages."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.fuzz import ratio

from tasks.identity.values import SpeakingPerson, SuggestedDecision
from tasks.speakers.names.nicknames import is_nickname

# Shorter words often differ by a letter without a typing error: Jan and Jon, Ann and Ian.
_LONG_WORD = 4


def likely_merges(podcast_id: int, people: Iterable[SpeakingPerson]) -> list[SuggestedDecision]:
    """Pairs of people in a podcast with similar names who never share an episode.

    Names are similar if one word is misspelled, if the first names are forms of one name (Bill,
    William), if the words are turned, or if one has a middle name that the other lacks.
    Two people who speak in the same episode are different. Only pairs are compared: similarity
    is not transitive.
    """
    blocks: defaultdict[str, list[SpeakingPerson]] = defaultdict(list)
    for person in people:
        words = person.key.split()
        for word in {words[0], words[-1]} if len(words) > 1 else ():
            blocks[word].append(person)
    pairs = {
        (min(a.person_id, b.person_id), max(a.person_id, b.person_id)): (a, b)
        for block in blocks.values()
        for a, b in combinations(block, 2)
        if a.person_id != b.person_id
        and _are_similar(a.key.split(), b.key.split())
        and not a.episodes & b.episodes
    }
    return [_merge(podcast_id, a, b) for _, (a, b) in sorted(pairs.items())]


def _merge(podcast_id: int, a: SpeakingPerson, b: SpeakingPerson) -> SuggestedDecision:
    first, second = sorted((a, b), key=lambda person: person.person_id)
    return SuggestedDecision(
        "merge",
        first.person_id,
        second.person_id,
        score=round(ratio(a.key, b.key) / 100, 3),
        evidence={
            "names": [first.name, second.name],
            "podcast_id": podcast_id,
            "episodes": [len(first.episodes), len(second.episodes)],
            "appearances": [first.appearances, second.appearances],
        },
    )


def _are_similar(a: list[str], b: list[str]) -> bool:
    if len(a) == len(b):
        different = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
        nickname = a[1:] == b[1:] and is_nickname(a[0], b[0])
        turned = sorted(a) == sorted(b)
        return nickname or turned or (len(different) == 1 and _is_misspelled(*different[0]))
    shorter, longer = sorted((a, b), key=len)
    ends = shorter[0] == longer[0] and shorter[-1] == longer[-1]
    return len(shorter) > 1 and ends and set(shorter) <= set(longer)


def _is_misspelled(a: str, b: str) -> bool:
    long = min(len(a), len(b)) >= _LONG_WORD
    return long and DamerauLevenshtein.distance(a, b) <= (2 if min(len(a), len(b)) > 7 else 1)


def likely_splits(
    person_id: int, name: str, episodes: Mapping[int, int], languages: Mapping[int, str]
) -> list[SuggestedDecision]:
    """Splits for a name that speaks in several languages: those other than the main one.

    ``episodes`` is the number of episodes with the person, and ``languages`` the declared
    language, both by podcast id. Only the primary subtag of a language is compared; podcasts
    that declare none are ignored.
    """
    spoken: defaultdict[str, int] = defaultdict(int)
    primary = {p: re.split("[-_]", tag)[0].lower() for p, tag in languages.items() if tag}
    for podcast, language in primary.items():
        spoken[language] += episodes[podcast]
    if len(spoken) < 2:
        return []
    main = max(spoken, key=lambda language: (spoken[language], language))
    return [
        SuggestedDecision(
            "split",
            person_id,
            podcast_id=podcast,
            score=round(1 - episodes[podcast] / sum(episodes.values()), 3),
            evidence={
                "name": name,
                "language": language,
                "main_language": main,
                "episodes": episodes[podcast],
                "episodes_elsewhere": sum(episodes.values()) - episodes[podcast],
            },
        )
        for podcast, language in sorted(primary.items())
        if language != main
    ]
