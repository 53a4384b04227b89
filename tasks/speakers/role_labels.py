"""Match a label that is only a role ("Moderator", "Guest") to the only person who has it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tasks.speakers.names.label_variants import is_numbered, is_unnamed
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.names.vocabulary import ROLES
from tasks.speakers.spoken import is_called_otherwise
from tasks.speakers.unnamed import may_be_same
from tasks.speakers.values import PODCAST_AUTHOR, Candidate, EpisodeContext, SpeakerMatch

# The role of a person tag that a role of a label is. A label "Guest host" is no guest.
_TAGGED_ROLES = {
    "host": "host",
    "moderator": "host",
    "interviewer": "host",
    "guest": "guest",
    "narrator": "narrator",
}


# Roles that are usually the same person's in all episodes.
_USUAL_ROLES = ("host", "narrator")


def by_role(
    matches: Mapping[str, SpeakerMatch], context: EpisodeContext
) -> dict[str, SpeakerMatch]:
    """Match a role that one label has to the one tagged person of it whom no label names."""
    taken = {one.name.key for one in matches.values() if one.name}
    labels = _labels_by_role(matches)
    people = _people_by_role(context)
    updates: dict[str, SpeakerMatch] = {}
    for role, of_role in labels.items():
        if len(of_role) != 1 or len(people[role]) != 1:
            continue
        (label,), (candidate,) = of_role, people[role]
        if candidate.name.key in taken or is_called_otherwise(label, candidate.name, context):
            continue
        if _speaks_of(label, candidate, context):
            continue
        evidence = (
            f"label {label!r}: {candidate.name.display} is the only {role}, {candidate.source}"
        )
        updates[label] = SpeakerMatch("role", "unique_match", 0.8, candidate.name, role, evidence)
    return updates


def by_interview(
    matches: Mapping[str, SpeakerMatch], context: EpisodeContext
) -> dict[str, SpeakerMatch]:
    """Match the one of two speakers who speaks as a guest to the only guest of the episode."""
    label, guests = context.guest_label, _people_by_role(context)["guest"]
    if not is_unnamed(label) or label not in matches or matches[label].name or len(guests) != 1:
        return {}
    (guest,) = guests
    others = {one.name.key for one in matches.values() if one.name}
    if any(may_be_same(guest.name.key, key) for key in others):
        return {}
    if is_called_otherwise(label, guest.name, context):
        return {}
    evidence = f"{label!r} speaks as a guest, and {guest.name.display} is the only one"
    return {label: SpeakerMatch("role", "unique_match", 0.75, guest.name, "guest", evidence)}


def by_answers(
    matches: Mapping[str, SpeakerMatch], context: EpisodeContext
) -> dict[str, SpeakerMatch]:
    """Match "A" beside "Q", the answers after a talk, to the only person who is tagged."""
    answers = [label for label in matches if fold(label) == "a" and matches[label].name is None]
    questions = any(fold(label) == "q" for label in matches)
    tagged = [tag for tag in context.tags if tag.in_episode]
    others = any(one.name for one in matches.values())
    if len(answers) != 1 or not questions or len(tagged) != 1 or others:
        return {}
    ((label,), (speaker,)) = answers, tagged
    evidence = f"label {label!r}: answers of {speaker.name.display}, the only person who is tagged"
    return {label: SpeakerMatch("role", "unique_match", 0.75, speaker.name, "", evidence)}


def by_only_speaker(
    matches: Mapping[str, SpeakerMatch], context: EpisodeContext
) -> dict[str, SpeakerMatch]:
    """Match the only numbered speaker of a talk to the one whom the texts call its speaker.

    "Speaker: Rev. Jane Doe", where nobody is named as host or guest, and "Speaker 1" is heard in
    most of the segments.
    """
    numbered = [label for label in matches if is_numbered(label) and label[-1:].isdigit()]
    speakers = _called("speaker", context.named)
    others = any(one.role and one.role != "speaker" for one in context.named)
    if len(numbered) != 1 or len(speakers) != 1 or others:
        return {}
    (label,), (speaker,) = numbered, speakers
    if 2 * context.segment_counts[label] <= sum(context.segment_counts.values()):
        return {}
    if speaker.name.key in {one.name.key for one in matches.values() if one.name}:
        return {}
    if matches[label].name or is_called_otherwise(label, speaker.name, context):
        return {}
    evidence = f"label {label!r}: {speaker.name.display} is the only speaker, {speaker.source}"
    return {label: SpeakerMatch("role", "unique_match", 0.75, speaker.name, "", evidence)}


def _labels_by_role(matches: Mapping[str, SpeakerMatch]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for label, one in matches.items():
        role = _TAGGED_ROLES.get(ROLES.get(fold(label), ""))
        if role and one.name is None:
            found[role].append(label)
    return found


def _people_by_role(context: EpisodeContext) -> defaultdict[str, list[Candidate]]:
    """People by role: the tags in force, else the podcast's, else what the texts say.

    A guest counts only where the episode itself is tagged, a host only where the podcast is, or
    others of its episodes: without a role, a tag is a host's by default. An author is the host
    where the podcast's description names them, too.
    """
    people: defaultdict[str, list[Candidate]] = defaultdict(list)
    for tag in context.tags:
        is_usual = not tag.in_episode or tag.name.key in context.recurring
        if (tag.role in _USUAL_ROLES and is_usual) or (tag.role == "guest" and tag.in_episode):
            people[tag.role].append(tag)
    if not people["host"]:
        people["host"] = [
            Candidate(one.name, "in a person tag of the podcast", role="host")
            for one in context.recurring.values()
            if one.channel
        ]
    of_podcast = {tag.name.key for tag in context.tags if not tag.in_episode}
    people["host"] = _called("host", context.named) or people["host"] or _usual_hosts(context)
    people["narrator"] = (
        people["narrator"]
        or _called("narrator", context.named)
        or _called("narrator", context.named_by_podcast)
    )
    people["guest"] = people["guest"] or [
        one for one in _called("guest", context.named) if one.name.key not in of_podcast
    ]
    return people


def _called(role: str, named: Iterable[Candidate]) -> list[Candidate]:
    return [one for one in named if one.role == role and not one.is_credit]


def _usual_hosts(context: EpisodeContext) -> list[Candidate]:
    """Whom the podcast's description calls its host, else its authors who are known to speak."""
    known = {one.name.key for one in context.named_by_podcast if not one.is_credit}
    known |= {key for key, one in context.recurring.items() if one.spoken}
    authors = [tag for tag in context.tags if tag.source == PODCAST_AUTHOR]
    return _called("host", context.named_by_podcast) or [
        one for one in authors if one.name.key in known
    ]


def _speaks_of(label: str, candidate: Candidate, context: EpisodeContext) -> bool:
    """Whether a speaker says the candidate's first name, and not to introduce themselves."""
    first = candidate.name.key.split()[0]
    own = {
        fold(one.name).split()[0]
        for one in context.introductions
        if one.is_self and one.label == label
    }
    return first in context.words.get(label, ()) and first not in own
