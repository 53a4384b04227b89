"""The command that explains the state of an episode, a podcast or a person."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from models.database import Session, database_time, in_transaction
from models.queries.episode_history import HistoryOfEpisode, episode_history
from models.queries.people import find_slug
from models.queries.person_history import HistoryOfPerson, person_history
from models.queries.podcast_history import HistoryOfPodcast, podcast_history
from tasks.http.redaction import public_url
from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.names.names import comparable
from tasks.transcripts.parse import PARSER_VERSION
from workers.cli.named_podcasts import UnclearName, known_podcast_id, named_podcast_id
from workers.cli.options import Json, fail
from workers.cli.output import console, print_json, print_table
from workers.explain.episode import explain_episode
from workers.explain.person import explain_person
from workers.explain.podcast import explain_podcast
from workers.explain.stages import StageLine, episode_stages, poll_stage
from workers.local.service import service
from workers.words import far

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened to a subject in sentences, and the rows that they follow from."""

    kind: str
    explained_at: datetime
    sentences: list[str]
    stages: list[StageLine]
    history: HistoryOfEpisode | HistoryOfPodcast | HistoryOfPerson

    def to_json(self) -> JsonObject:
        """The explanation, with the rows beside the sentences."""
        columns = asdict(self)
        del columns["history"]
        return columns | _public(self.history)


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="An episode id, a feed URL or podcast:ID, a person's or podcast's name.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Explain the state of an episode, podcast or person.

    It says what happened, why, what happens next, and which command changes that.
    """
    with service(broker=False):
        try:
            explanation = in_transaction(_explain, subject.strip())
        except UnclearName as unclear:
            fail(str(unclear))
    if explanation is None:
        fail(
            f"not found: {subject}; give an episode's id (episode:7), a podcast's title, feed URL "
            "or id (podcast:3), or a person's name or slug (person:jane-doe)"
        )
    if as_json:
        print_json(explanation.to_json())
    else:
        _print(explanation)


def _explain(session: Session, subject: str) -> Explanation | None:
    """Explain ``episode:7``, ``podcast:3``, ``person:slug``, or one of these without its kind."""
    now = database_time(session)
    kind, colon, name = subject.partition(":")
    if not colon or kind not in {"episode", "podcast", "person"}:
        name = subject
        kind = "episode" if name.isdecimal() else "podcast" if "://" in name else "person"
    if kind == "episode":
        return _of_episode(session, name, now)
    if kind == "podcast":
        return _of_podcast(session, named_podcast_id(session, name), now)
    return _of_person(session, name, now)


def _of_episode(session: Session, name: str, now: datetime) -> Explanation | None:
    facts = episode_history(session, int(name)) if name.isdecimal() else None
    if facts is None:
        return None
    sentences = explain_episode(facts, now, parser=PARSER_VERSION, matcher=MATCHER_VERSION)
    return Explanation("episode", now, sentences, episode_stages(facts), facts)


def _of_podcast(session: Session, podcast_id: int | None, now: datetime) -> Explanation | None:
    if podcast_id is None:
        return None
    facts = podcast_history(session, podcast_id, parser=PARSER_VERSION, matcher=MATCHER_VERSION)
    assert facts is not None  # noqa: S101  it was just found
    stages = [poll_stage(facts.crawl)]
    return Explanation("podcast", now, explain_podcast(facts, now), stages, facts)


def _of_person(session: Session, name: str, now: datetime) -> Explanation | None:
    slug = find_slug(session, name, comparable(name)) or name
    facts = person_history(session, slug)
    if facts is None:
        return _of_podcast(session, known_podcast_id(session, name), now)
    sentences = explain_person(facts, now, matcher=MATCHER_VERSION)
    return Explanation("person", now, sentences, [], facts)


def _public(history: HistoryOfEpisode | HistoryOfPodcast | HistoryOfPerson) -> JsonObject:
    """The rows of a history as JSON, URLs without secrets."""
    columns = asdict(history)
    for transcript in columns.get("transcripts", ()):
        transcript["url"] = public_url(transcript["url"])
    if (crawl := columns.get("crawl")) and crawl["redirect_url"]:
        crawl["redirect_url"] = public_url(crawl["redirect_url"])
    return columns


def _print(explanation: Explanation) -> None:
    for sentence in explanation.sentences:
        safe = "".join(sign if sign.isprintable() else " " for sign in sentence)
        console.print(safe, markup=False, highlight=False)
    if explanation.stages:
        columns = ("stage", "state", "reason", "attempts", "last", "next", "worker", "version")
        rows = [_with_relative_times(row, explanation.explained_at) for row in explanation.stages]
        print_table(rows, columns, title="last result of each stage")


def _with_relative_times(stage: StageLine, now: datetime) -> JsonObject:
    """A stage with times relative to now, which fit a narrow terminal."""
    last, upcoming = stage.at, stage.next_at
    return asdict(stage) | {
        "last": last and far(last, now),
        "next": upcoming and far(upcoming, now),
    }
