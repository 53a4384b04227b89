"""What an operator needs to decide about a suggestion: both sides, what they say, and why."""

from dataclasses import dataclass, field

from sqlmodel import Session

from models.queries import podcast_pages
from models.queries.appearances import AppearanceFilter, AppearanceRow, SpokenEpisode
from models.queries.identity import SuggestionRow, first_segments
from models.queries.person import (
    MergedPerson,
    PersonRow,
    names_of_person,
    person_of_slug,
    podcasts_of_person,
)
from models.queries.telling_quotes import episodes_of_person, telling_quotes
from models.queries.withheld_speech import WithheldSpeech, withheld_episodes, withheld_speech
from tasks.identity.evidence_text import evidence_sentences
from web.presenters.filters import counted
from web.presenters.reason_texts import reason_text

EPISODES, QUOTES, LABELS = 3, 4, 6


@dataclass(frozen=True, slots=True)
class ReviewSide:
    """One side of a suggestion: a person, a part of their speech, a label or a podcast.

    ``under`` has its counts in words; ``slug`` is of a person, ``podcast_id`` of a podcast.
    ``withheld`` has what does not count and why; without counted quotes, the quotes are of that.
    """

    name: str
    under: str
    slug: str | None = None
    podcast_id: int | None = None
    labels: list[str] = field(default_factory=list)
    quotes: list[AppearanceRow] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    withheld: list[tuple[str, str]] = field(default_factory=list)
    counts: bool = True


@dataclass(frozen=True, slots=True)
class ReviewedSuggestion:
    """A suggestion to decide about, as a question, with what each answer does."""

    row: SuggestionRow
    question: str
    accepting: str
    rejecting: str
    evidence: list[str]
    sides: list[ReviewSide]


_ACCEPTING = {
    "merge": ("Merge them", "Never merge them"),
    "split": ("Split them", "One person"),
    "reassign": ("Assign it again", "Drop the assignment"),
    "merge_podcasts": ("Merge the podcasts", "Keep them separate"),
}


def reviewed(session: Session, row: SuggestionRow) -> ReviewedSuggestion:
    """A suggestion with both of its sides."""
    accepting, rejecting = _ACCEPTING.get(row.kind, ("Accept", "Reject"))
    sides = {"merge": _people, "split": _parts, "reassign": _label}.get(row.kind, _podcasts)
    return ReviewedSuggestion(
        row,
        _question(row),
        accepting,
        rejecting,
        evidence_sentences(row.kind, row.evidence),
        sides(session, row),
    )


def _question(row: SuggestionRow) -> str:
    return {
        "merge": f"Are {row.person} and {row.other} the same person?",
        "split": f"Is {row.person} on {row.podcast} another person of this name?",
        "reassign": f"Is this label still {row.person}?",
    }.get(row.kind, f"Is {row.podcast} now {row.target_podcast}?")


def _people(session: Session, row: SuggestionRow) -> list[ReviewSide]:
    sides = (_person(session, slug) for slug in (row.slug, row.other_slug) if slug)
    return [side for side in sides if side]


def _person(session: Session, slug: str) -> ReviewSide | None:
    person = person_of_slug(session, slug)
    if person is None or isinstance(person, MergedPerson):
        return None
    labels = dict.fromkeys(one.label for one in names_of_person(session, person.id))
    quotes = _quotes(session, person.id, AppearanceFilter())
    return ReviewSide(
        person.name,
        _counts(person.appearances, person.episodes),
        person.slug,
        labels=list(filter(None, labels))[:LABELS],
        quotes=quotes or _withheld_quotes(session, person.id),
        withheld=_withheld(session, person.id),
        counts=bool(quotes),
    )


def _parts(session: Session, row: SuggestionRow) -> list[ReviewSide]:
    """A person's speech in the podcast, and in the podcast where they speak most but for it."""
    person = person_of_slug(session, row.slug or "")
    if person is None or isinstance(person, MergedPerson):
        return []
    podcasts = podcasts_of_person(session, person.id)
    there = [one for one in podcasts if one.id == row.podcast_id]
    others = [one for one in podcasts if one.id != row.podcast_id]
    withheld = [] if there else _withheld_part(session, person, row)
    return withheld + [
        ReviewSide(
            f"{person.name} on {one.title or one.feed_url}",
            _counts(one.appearances, one.episodes),
            person.slug,
            quotes=_quotes(session, person.id, AppearanceFilter(podcast_id=one.id)),
            withheld=_withheld(session, person.id, one.id),
        )
        for one in (there + others)[: 2 - len(withheld)]
    ]


def _withheld_part(session: Session, person: PersonRow, row: SuggestionRow) -> list[ReviewSide]:
    """A person's speech in the podcast of a suggestion where none of it counts."""
    withheld = _withheld(session, person.id, row.podcast_id)
    return [
        ReviewSide(
            f"{person.name} on {row.podcast}",
            _counts(0, 0),
            person.slug,
            quotes=_withheld_quotes(session, person.id, row.podcast_id),
            withheld=withheld,
            counts=False,
        )
    ][: len(withheld)]


def _withheld(
    session: Session, person_id: int, podcast_id: int | None = None
) -> list[tuple[str, str]]:
    """What does not count for a person: its state, and how much it is and why."""
    return [
        ("in quarantine" if one.status == "quarantined" else "not counted", _how_much(one))
        for one in withheld_speech(session, person_id, podcast_id)
    ]


def _how_much(one: WithheldSpeech) -> str:
    why = f" {reason_text(one.reason)}" if one.reason else ""
    return f"{_counts(one.appearances, one.episodes)}.{why}"


def _withheld_quotes(
    session: Session, person_id: int, podcast_id: int | None = None
) -> list[AppearanceRow]:
    return _chosen(session, withheld_episodes(session, person_id, podcast_id, limit=EPISODES))


def _label(session: Session, row: SuggestionRow) -> list[ReviewSide]:
    """The person, and what is under the label now."""
    episode_id, label = row.evidence.get("episode_id"), row.evidence.get("label", "")
    texts = first_segments(session, episode_id, label) if episode_id else []
    return [
        *_people(session, row),
        ReviewSide(f"Label “{label}”", "the first words now", texts=[one.text for one in texts]),
    ]


def _podcasts(session: Session, row: SuggestionRow) -> list[ReviewSide]:
    ids = (one for one in (row.podcast_id, row.target_podcast_id) if one)
    return [side for one in ids if (side := _podcast(session, one))]


def _podcast(session: Session, podcast_id: int) -> ReviewSide | None:
    about = podcast_pages.podcast(session, podcast_id)
    if about is None:
        return None
    counts = podcast_pages.podcast_counts(session, podcast_id)
    episodes = podcast_pages.episodes_of_podcast(session, podcast_id, limit=EPISODES)
    return ReviewSide(
        about.title or about.feed_url,
        f"{counted(counts.episodes, 'episode')}, {about.feed_url}",
        podcast_id=podcast_id,
        texts=[one.title for one in episodes],
    )


def _quotes(session: Session, person_id: int, wanted: AppearanceFilter) -> list[AppearanceRow]:
    """A quote or two of each of the newest episodes."""
    return _chosen(session, episodes_of_person(session, person_id, wanted, limit=EPISODES))


def _chosen(session: Session, episodes: list[SpokenEpisode]) -> list[AppearanceRow]:
    found = telling_quotes(session, episodes)
    first = {row.episode_id: row for row in reversed(found)}
    others = [row for row in found if row is not first[row.episode_id]]
    chosen = [*first.values(), *others[: max(0, QUOTES - len(first))]]
    return [row for row in found if row in chosen]


def _counts(appearances: int, episodes: int) -> str:
    spoken = "appearance" if appearances == 1 else "appearances"
    return f"{appearances:,} {spoken} in {episodes:,} {'episode' if episodes == 1 else 'episodes'}"
