"""The command that tells the whole story of an episode, a podcast or a person."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries.history import episode_facts, person_facts, podcast_facts
from models.queries.people import find_slug
from tasks.http.redaction import public_url
from tasks.podcasts.store.podcasts import find_podcast
from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.names.names import comparable
from tasks.transcripts.parse import PARSER_VERSION
from workers.cli.output import console, errors, print_json, print_table
from workers.cli.show import Json
from workers.explain.episode import explain_episode
from workers.explain.person import explain_person
from workers.explain.podcast import explain_podcast
from workers.explain.stages import StageLine, episode_stages, poll_stage
from workers.explain.words import far
from workers.local.service import service

Story = dict[str, Any]


def explain(
    what: Annotated[
        str,
        typer.Argument(
            help="An episode's id, a podcast's address or podcast:ID, a person's name or slug."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Tell what became of an episode, a podcast or a person, why, and what happens next."""
    with service():
        story = in_transaction(_story, what.strip())
    if story is None:
        errors.print(f"nothing is known of {what}", markup=False, highlight=False)
        raise typer.Exit(1)
    if as_json:
        print_json(story)
    else:
        _print(story)


def _story(session: Session, what: str) -> Story | None:
    """The story of whatever is meant: ``episode:7``, ``podcast:3``, ``person:slug`` or in short."""
    now = database_time(session)
    kind, colon, rest = what.partition(":")
    if colon and kind in {"episode", "podcast", "person"}:
        what = rest
    else:
        kind = "episode" if what.isdecimal() else "podcast" if "://" in what else "person"
    if kind == "episode":
        return _of_episode(session, what, now)
    if kind == "podcast":
        return _of_podcast(session, what, now)
    return _of_person(session, what, now)


def _of_episode(session: Session, said: str, now: datetime) -> Story | None:
    facts = episode_facts(session, int(said)) if said.isdecimal() else None
    if facts is None:
        return None
    told = explain_episode(facts, now, parser=PARSER_VERSION, matcher=MATCHER_VERSION)
    return _told("episode", now, told, episode_stages(facts), facts)


def _of_podcast(session: Session, said: str, now: datetime) -> Story | None:
    podcast = find_podcast(session, said)
    if podcast is None or podcast.id is None:
        return None
    facts = podcast_facts(session, podcast.id, parser=PARSER_VERSION, matcher=MATCHER_VERSION)
    assert facts is not None  # noqa: S101  it was just found
    stages = [poll_stage(facts["crawl"])]
    return _told("podcast", now, explain_podcast(facts, now), stages, facts)


def _of_person(session: Session, said: str, now: datetime) -> Story | None:
    slug = find_slug(session, said, comparable(said)) or said
    facts = person_facts(session, slug)
    if facts is None:
        return _of_podcast(session, said, now)
    return _told("person", now, explain_person(facts, now, matcher=MATCHER_VERSION), [], facts)


def _told(
    kind: str, now: datetime, sentences: list[str], stages: list[StageLine], facts: dict[str, Any]
) -> Story:
    for transcript in facts.get("transcripts", ()):
        transcript["url"] = public_url(transcript["url"])
    if (crawl := facts.get("crawl")) and crawl["redirect_url"]:
        crawl["redirect_url"] = public_url(crawl["redirect_url"])
    told = {"kind": kind, "told_at": now, "sentences": sentences}
    return told | {"stages": [asdict(stage) for stage in stages]} | facts


def _print(story: Story) -> None:
    for sentence in story["sentences"]:
        safe = "".join(sign if sign.isprintable() else " " for sign in sentence)
        console.print(safe, markup=False, highlight=False)
    if story["stages"]:
        columns = ("stage", "state", "reason", "attempts", "last", "next", "worker", "version")
        rows = [_with_distances(row, story["told_at"]) for row in story["stages"]]
        print_table(rows, columns, title="what each stage last did")


def _with_distances(stage: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A stage with its times as people say them, which leaves room on a narrow terminal."""
    last, following = stage["at"], stage["next_at"]
    return stage | {"last": last and far(last, now), "next": following and far(following, now)}
