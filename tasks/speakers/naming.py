"""Naming: reads all evidence about an episode and matches its labels. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import filterfalse

from tasks.budgets.limits import Limit, codes_of, collected_limits, text_within
from tasks.speakers.evidence.authors import authors_in, is_organisation
from tasks.speakers.evidence.direct_address import read_direct_address
from tasks.speakers.evidence.fiction import is_fiction
from tasks.speakers.evidence.in_show import names_in_show
from tasks.speakers.evidence.interview import guest_of_two
from tasks.speakers.evidence.introductions import read_introductions
from tasks.speakers.evidence.nicknames_in_text import nicknames_in
from tasks.speakers.evidence.person_links import link_of
from tasks.speakers.evidence.recurring import recurring_speakers
from tasks.speakers.evidence.spoken_names import greeted_names, read_spoken_names
from tasks.speakers.evidence.title_mentions import NamedPerson, names_in_text
from tasks.speakers.facts import EpisodeFacts, Turn
from tasks.speakers.match import match
from tasks.speakers.names.names import comparable, read_name
from tasks.speakers.names.single_label import match_label
from tasks.speakers.names.unicode_fold import WORD_MARKS, fold
from tasks.speakers.names.vocabulary import PARTICLES, ROLES
from tasks.speakers.values import (
    PODCAST_AUTHOR,
    Candidate,
    EpisodeContext,
    Introduction,
    Name,
    SpeakerMatch,
)

# Groups of the podcast taxonomy whose members speak; the others write, edit and mix.
_SPEAKING_GROUPS = ("", "cast", "visuals", "community")
_MAX_WORDS_ONCE = 3
_WORD = re.compile(rf"(?:[^\W_]|[{WORD_MARKS}])+")


@dataclass(frozen=True, slots=True)
class Naming:
    """The match of each label of an episode, and the people that its texts name.

    ``limits`` are the codes of the limits beyond which evidence was left out.
    """

    matches: dict[str, SpeakerMatch]
    named: tuple[NamedPerson, ...]
    limits: tuple[str, ...] = ()


def read_naming(facts: EpisodeFacts) -> Naming:
    """Match the labels of an episode."""
    with collected_limits() as reached:
        named = tuple(names_in_text(facts.title, facts.description))
        matches = match(context_of(facts, named))
    return Naming(matches, named, codes_of(reached))


def context_of(facts: EpisodeFacts, named: Sequence[NamedPerson]) -> EpisodeContext:
    """The evidence that the matcher compares, read from the facts."""
    show = facts.show
    has_unnamed = _has_unnamed(facts)
    return EpisodeContext(
        segment_counts=dict(facts.segment_counts),
        tags=_candidates_of_episode(facts, named),
        recurring=recurring_speakers(show.recurring, show.channel_tags, show.episodes),
        in_show=names_in_show(show.in_show, show.episodes),
        introductions=_introductions(facts),
        direct_addresses=read_direct_address(facts.turns) if has_unnamed else (),
        named=() if is_fiction(facts) else _named_candidates(named, facts.podcast_title),
        named_by_podcast=_named_by_podcast(facts) if has_unnamed else (),
        spoken=read_spoken_names(facts.turns) if has_unnamed else (),
        greeted=greeted_names(facts.turns) if has_unnamed else frozenset(),
        labels_in_text=_labels_in_text(facts) if has_unnamed else frozenset(),
        nicknames=nicknames_in(_text_of(facts)) if has_unnamed else {},
        words=_words_under_roles(facts.turns),
        guest_label=guest_of_two(facts.turns) if has_unnamed else "",
    )


def _introductions(facts: EpisodeFacts) -> tuple[Introduction, ...]:
    """The introduced names, without the podcast's own: "You're listening to The Daily Vet"."""
    title = _without_article(facts.podcast_title)
    found = read_introductions(facts.turns)
    return tuple(one for one in found if one.is_self or _without_article(one.name) != title)


def _without_article(text: str) -> str:
    return comparable(text).removeprefix("the ")


def _labels_in_text(facts: EpisodeFacts) -> frozenset[str]:
    """The labels that the title or description has as words: "Jo Pell, called JP"."""
    words = set(_WORD.findall(_text_of(facts)))
    return frozenset(label for label, _ in facts.segment_counts if label in words)


def _text_of(facts: EpisodeFacts) -> str:
    return text_within(f"{facts.title}\n{facts.description}", Limit.LONG_DESCRIPTION)


def _words_under_roles(turns: Iterable[Turn]) -> Mapping[str, frozenset[str]]:
    """The capitalised words under each label that is a role, in comparable form."""
    words: defaultdict[str, set[str]] = defaultdict(set)
    for label, text in turns:
        if fold(label) in ROLES:
            words[label] |= {fold(word) for word in _WORD.findall(text) if word[0].isupper()}
    return {label: frozenset(each) for label, each in words.items()}


def _has_unnamed(facts: EpisodeFacts) -> bool:
    """Whether a label says too little for a name: a number, a role, or a handle."""
    return any(match_label(label).name is None for label, _ in facts.segment_counts if label)


def _named_candidates(named: Sequence[NamedPerson], podcast_title: str) -> tuple[Candidate, ...]:
    """Full names in the title and description, each once; the podcast's title is none."""
    names = {one.name.key: one for one in named if one.name.key != _without_article(podcast_title)}
    times: Counter[str] = Counter()
    for one in named:
        times[one.name.key] += one.times
    roles = {one.name.key: one.role for one in named if one.role}
    clear = {one.name.key for one in named if one.begins_clearly}
    credited = names.keys() - {one.name.key for one in named if not one.is_credit}
    return tuple(
        Candidate(
            one.name,
            f"named in the {one.source}",
            in_episode=True,
            times=times[key],
            is_credit=key in credited,
            role=roles.get(key, ""),
            begins_clearly=key in clear,
        )
        for key, one in sorted(names.items())
        if not _may_go_on(one.name, names, times)
    )


def _may_go_on(name: Name, names: Container[str], times: Mapping[str, int]) -> bool:
    """Whether what is capitalised behind a name may be taken for a part of it.

    "Jane Doe Mends Nets" begins with another name of the texts, or is long and there only once.
    """
    words = name.key.split()
    plain = [word for word in name.display.split() if fold(word) not in PARTICLES]
    beginnings = (" ".join(words[:end]) for end in range(2, len(words)))
    is_long = len(plain) > _MAX_WORDS_ONCE and times[name.key] == 1
    return is_long or any(beginning in names for beginning in beginnings)


def _named_by_podcast(facts: EpisodeFacts) -> tuple[Candidate, ...]:
    """The host after "with" in the podcast's title, and full names in its description."""
    if is_fiction(facts):
        return ()
    found = {
        one.name.key: Candidate(one.name, "named in the title of the podcast", role="host")
        for one in names_in_text(facts.podcast_title, "")
        if one.role
    }
    source = "named in the description of the podcast"
    for one in names_in_text("", facts.podcast_description):
        if one.name.key == _without_article(facts.podcast_title):
            continue
        candidate = Candidate(one.name, source, role=one.role, is_credit=one.is_credit)
        found.setdefault(one.name.key, candidate)
    for name in authors_in(facts.podcast_author):
        if _is_without_capitals(name) and name.display in facts.podcast_description:
            found.setdefault(name.key, Candidate(name, source))
    return tuple(found.values())


def _is_without_capitals(name: Name) -> bool:
    """Whether its script has none, so that nothing in a text shows where it begins and ends."""
    return name.display.upper() == name.display.lower()


def _candidates_of_episode(
    facts: EpisodeFacts, named: Iterable[NamedPerson]
) -> tuple[Candidate, ...]:
    """Person tags, then candidates in the title and description, then authors; each name once."""
    candidates: dict[str, Candidate] = {}
    for candidate in _tagged_candidates(facts):
        candidates.setdefault(candidate.name.key, candidate)
    for one in named:
        if one.is_candidate:
            candidate = Candidate(one.name, f"in the {one.source}", in_episode=True)
            candidates.setdefault(one.name.key, candidate)
    sources = ((facts.author, "an author of the episode"), (facts.podcast_author, PODCAST_AUTHOR))
    for text, source in sources:
        for name in filterfalse(is_organisation, authors_in(text)):
            candidates.setdefault(name.key, Candidate(name, source))
    return tuple(candidates[key] for key in sorted(candidates))


def _tagged_candidates(facts: EpisodeFacts) -> Iterable[Candidate]:
    source = f"in a person tag of the {'episode' if facts.own_tags else 'podcast'}"
    for tag in facts.tags:
        name = read_name(tag.name)
        if name and tag.group.lower() in _SPEAKING_GROUPS:
            yield Candidate(name, source, facts.own_tags, tag.role.lower(), link_of(tag.href))
