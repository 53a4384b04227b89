"""When two names are likely one person, and when one is likely two: by pairs, never by chains."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.fuzz import ratio

from tasks.identity.values import SpeakingPerson, SuggestedDecision

# Words this short differ by a letter without being misspelt: Jan and Jon, Ann and Ian.
_LONG_WORD = 4


def likely_merges(podcast_id: int, people: Iterable[SpeakingPerson]) -> list[SuggestedDecision]:
    """Pairs of near names in one podcast that never speak in one episode.

    Near is: one word misspelt, or a middle name that the one has and the other has not. Whoever
    speaks in an episode beside the other is somebody else.
    """
    blocks: defaultdict[str, list[SpeakingPerson]] = defaultdict(list)
    for one in people:
        words = one.key.split()
        for word in {words[0], words[-1]} if len(words) > 1 else ():
            blocks[word].append(one)
    found = {
        (min(a.person_id, b.person_id), max(a.person_id, b.person_id)): (a, b)
        for block in blocks.values()
        for a, b in combinations(block, 2)
        if a.person_id != b.person_id
        and _are_near(a.key.split(), b.key.split())
        and not a.episodes & b.episodes
    }
    return [_same(podcast_id, a, b) for _, (a, b) in sorted(found.items())]


def _same(podcast_id: int, a: SpeakingPerson, b: SpeakingPerson) -> SuggestedDecision:
    first, second = sorted((a, b), key=lambda one: one.person_id)
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


def _are_near(a: list[str], b: list[str]) -> bool:
    if len(a) == len(b):
        different = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
        return len(different) == 1 and _is_misspelt(*different[0])
    shorter, longer = sorted((a, b), key=len)
    ends = shorter[0] == longer[0] and shorter[-1] == longer[-1]
    return len(shorter) > 1 and ends and set(shorter) <= set(longer)


def _is_misspelt(a: str, b: str) -> bool:
    long = min(len(a), len(b)) >= _LONG_WORD
    return long and DamerauLevenshtein.distance(a, b) <= (2 if min(len(a), len(b)) > 7 else 1)


def likely_splits(
    person_id: int, name: str, episodes: Mapping[int, int], languages: Mapping[int, str]
) -> list[SuggestedDecision]:
    """One name that speaks in podcasts of different languages: the lesser ones may be another's.

    Both are by podcast: ``episodes`` that the person speaks in, and the language as declared, of
    which the primary subtag counts. Podcasts that declare none say nothing.
    """
    spoken: defaultdict[str, int] = defaultdict(int)
    primary = {podcast: language[:2].lower() for podcast, language in languages.items() if language}
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
