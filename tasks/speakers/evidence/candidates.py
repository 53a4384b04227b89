"""Candidates who may speak in an episode: tags, labels, recurring speakers, spoken names."""

from collections.abc import Container, Iterable, Mapping
from functools import lru_cache

from tasks.speakers.names.label_variants import Form
from tasks.speakers.names.similarity import (
    is_misheard_name,
    is_misspelt_name,
    is_near_name,
    match_kind,
    shorter_forms,
)
from tasks.speakers.names.single_label import match_label
from tasks.speakers.values import Candidate, EpisodeContext, Introduction, Name, SpeakerMatch

# By the key of the name: the kind of match, and the candidate.
MatchingCandidates = dict[str, tuple[str, Candidate]]
# Kinds of match that count only where no candidate matches better.
_WEAK = ("nickname", "misspelt")


def matching_candidates(
    forms: Iterable[Form], candidates: Iterable[Candidate]
) -> MatchingCandidates:
    """Candidates that match one of the forms.

    Weak matches count only without a strong one, and recurring speakers only where nobody of the
    episode matches as well.
    """
    strong: MatchingCandidates = {}
    weak: MatchingCandidates = {}
    for form in forms:
        for candidate in candidates:
            key = candidate.name.key
            kind = match_kind(form.key, key, capitals=form.capitals)
            if kind == "same_name":
                return {key: (kind, candidate)}
            if kind:
                (weak if kind in _WEAK else strong).setdefault(key, (kind, candidate))
    possible = {
        key: (kind, candidate)
        for key, (kind, candidate) in weak.items()
        if candidate.in_episode or kind == "nickname"
    }
    return _here_before_elsewhere(strong) or _here_before_elsewhere(possible)


def _here_before_elsewhere(matching: MatchingCandidates) -> MatchingCandidates:
    here = {key: one for key, one in matching.items() if one[1].in_episode}
    return here or matching


def candidates_of(matches: Mapping[str, SpeakerMatch], context: EpisodeContext) -> list[Candidate]:
    """Tags, full names of labels, and established recurring speakers; each person once."""
    found: dict[str, Candidate] = {}
    for tag in context.tags:
        found.setdefault(tag.name.key, tag)
    for label, one in matches.items():
        if one.name is not None:
            speaking = Candidate(one.name, f"by the label {label!r}", in_episode=True)
            if one.name.key not in found or not found[one.name.key].in_episode:
                found[one.name.key] = speaking
    for key, recurring in context.recurring.items():
        if recurring.established and recurring.frequent:
            source = "of the podcast" if recurring.channel else "speaks in other episodes"
            found.setdefault(key, Candidate(recurring.name, source))
    return [found[key] for key in sorted(found) if not _is_longer_form(key, found)]


def _is_longer_form(key: str, found: Container[str]) -> bool:
    """Whether it is a longer form of another candidate's name."""
    return any(form in found for form in shorter_forms(key))


def self_introductions(
    label: str, context: EpisodeContext, *, mentioned: bool = False
) -> list[Candidate]:
    """Full names in a speaker's self-introductions; with ``mentioned``, other names too.

    A mentioned name must be spoken right before the speaker is first heard; a name is no evidence
    because it is spoken twice.
    """
    return _candidates(
        one for one in context.introductions if one.label == label and (mentioned or one.is_self)
    )


def own_names(label: str, context: EpisodeContext) -> list[Candidate]:
    """Full names that a speaker says after "I'm" or "my name is"."""
    return _candidates(one for one in context.introductions if one.label == label and one.says_so)


def own_form(label: str, name: Name, context: EpisodeContext) -> Name | None:
    """The name that a speaker gives whose label is a misspelling of it, if the feed has it, too.

    "Soy Ximena Orduña-Beltrán" under the label "Jimena Orduna".
    """
    in_feed = {one.name.key for one in (*context.tags, *context.named, *context.named_by_podcast)}
    own = [one.name for one in self_introductions(label, context) if one.name.key in in_feed]
    if len(own) != 1 or own[0].key == name.key or name.key in in_feed:
        return None
    return own[0] if is_near_name(name.key, own[0].key) else None


def welcomed(label: str, context: EpisodeContext) -> list[Candidate]:
    """Full names of people who are welcomed, without the speaker's own introductions."""
    return _candidates(
        one
        for one in context.introductions
        if one.welcomed and not (one.is_self and one.label == label)
    )


def introduced_guests(context: EpisodeContext) -> list[Candidate]:
    """Full names of all people who are welcomed."""
    return _candidates(one for one in context.introductions if one.welcomed)


def guests(context: EpisodeContext) -> list[Candidate]:
    """Full names of the people who are welcomed as guests of this episode."""
    return _candidates(one for one in context.introductions if one.guest)


def _candidates(introductions: Iterable[Introduction]) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for one in introductions:
        if (name := match_label(one.name).name) is not None:
            candidate = Candidate(name, "introduced in the episode", in_episode=True)
            found.setdefault(name.key, candidate)
    return [found[key] for key in _without_misheard(tuple(sorted(found)))]


@lru_cache(maxsize=64)  # the welcomed names are the same for each label of an episode
def _without_misheard(keys: tuple[str, ...]) -> tuple[str, ...]:
    misheard = {
        key for key in keys for other in keys if key > other and is_misspelt_name(key, other)
    }
    return tuple(key for key in keys if key not in misheard)


class KnownForms:
    """Known candidates, by the introduced names that may mean them; each is compared once."""

    def __init__(self, known: Iterable[Candidate]) -> None:
        self._known = list(known)
        self._meant: dict[str, Candidate | None] = {}

    def of(self, introduced: Iterable[Candidate]) -> list[Candidate]:
        """Introduced candidates, each replaced by a known one whose name may be meant."""
        return [self._known_form(heard.name.key) or heard for heard in introduced]

    def _known_form(self, spoken: str) -> Candidate | None:
        if spoken not in self._meant:
            meant = (one for one in self._known if _can_be_same(spoken, one.name.key))
            self._meant[spoken] = next(meant, None)
        return self._meant[spoken]


def _can_be_same(spoken: str, key: str) -> bool:
    ends = spoken.split()[:: max(spoken.count(" "), 1)]
    known_ends = key.split()[:: max(key.count(" "), 1)]
    is_same = spoken == key or ends == known_ends
    return is_same or key in shorter_forms(spoken) or is_misheard_name(spoken, key)
