"""Commands that decide who is who: people merge, split, rename and the others, each undoable."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import text
from sqlmodel import Session

from models.database import database_time, in_transaction
from tasks.identity import decisions as identify
from tasks.identity.store.lookup import has_episode, person_id
from tasks.speakers.decision_values import DecisionRefused, RecordedDecision
from tasks.speakers.names.names import read_name
from tasks.speakers.store.people import ensure_people
from workers.cli import show as reading
from workers.cli.output import errors, print_json
from workers.cli.queues import current_actor
from workers.cli.show import Json, Limit, OfPodcast, chosen_podcast
from workers.local.service import service

Who = Annotated[str, typer.Argument(metavar="PERSON", help="Slug or name.")]
MaybeWho = Annotated[str | None, typer.Argument(metavar="PERSON", help="Slug or name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")]
Actor = Annotated[str, typer.Option("--actor", help="Who decides. Default: this user and host.")]
InPodcast = Annotated[
    str | None, typer.Option("--podcast", help="In this podcast: its address or id.")
]
InEpisode = Annotated[int | None, typer.Option("--episode", help="In this episode, by id.")]
Label = Annotated[str | None, typer.Option("--label", help="A label as it is published.")]

people_app = typer.Typer(help="Who speaks, and who is who.", no_args_is_help=False)

_BY_SLUG = text("SELECT id FROM person WHERE slug = :slug")
_EPISODE = text("SELECT FROM episode WHERE id = :id")


def decide(
    what: Callable[..., RecordedDecision | None],
    reason: str,
    actor: str,
    *,
    as_json: bool,
    people: dict[str, str] | None = None,
    **said: Any,
) -> None:
    """Take a decision in a transaction of its own and print its event; exit 1 when refused.

    ``people`` are the arguments that name somebody, by slug or name.
    """

    def take(session: Session) -> RecordedDecision | None:
        found = {name: person_id(session, whom) for name, whom in (people or {}).items()}
        episode = said.get("episode_id")
        if episode and not has_episode(session, episode):
            raise DecisionRefused("no_such_episode", f"no such episode: {episode}")
        now = database_time(session)
        return what(session, actor or current_actor(), reason, **found, **said, now=now)

    try:
        event = in_transaction(take)
    except DecisionRefused as refused:
        errors.print(f"{refused.reason}: {refused}", markup=False, highlight=False)
        raise typer.Exit(1) from refused
    print_event(event, as_json=as_json)


def print_event(event: RecordedDecision | None, *, as_json: bool) -> None:
    """Print what was recorded."""
    if as_json:
        print_json(asdict(event) if event else None)
    elif event:
        typer.echo(f"event {event.id}: {event.kind}, {event.changed} speakers changed")


@people_app.callback(invoke_without_command=True)
def people(
    context: typer.Context, podcast: OfPodcast = None, limit: Limit = 50, as_json: Json = False
) -> None:
    """Everybody who speaks, by appearances (segments spoken)."""
    if not context.invoked_subcommand:
        reading.people(podcast, limit, as_json)


@people_app.command()
def merge(
    person: Who,
    into: Annotated[str, typer.Argument(help="Who they are: slug or name.")],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """One person is another one: the first counts for the second, and leads there."""
    with service():
        both = {"person_id": person, "into_id": into}
        decide(identify.merge, reason, actor, people=both, as_json=as_json)


@people_app.command()
def split(  # noqa: PLR0917  an option each
    person: Who,
    name: Annotated[str, typer.Option("--as", help="The name of the other one.")],
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Who speaks under a person's name in one podcast, or one episode, is somebody else."""
    with service():
        decide(
            identify.split,
            reason,
            actor,
            people={"person_id": person},
            name=name,
            podcast_id=chosen_podcast(podcast),
            episode_id=episode,
            as_json=as_json,
        )


@people_app.command("never-merge")
def never_merge(
    person: Who,
    other: Annotated[str, typer.Argument(help="The other one: slug or name.")],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Two people are two; a merge that would join them is refused from then on."""
    with service():
        both = {"person_id": person, "target_person_id": other}
        decide(identify.never_merge, reason, actor, people=both, as_json=as_json)


@people_app.command()
def rename(
    person: Who,
    name: Annotated[str, typer.Argument(help="The name to show.")],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Show a person under this name; their address stays."""
    with service():
        one = {"person_id": person}
        decide(identify.rename, reason, actor, people=one, name=name, as_json=as_json)


@people_app.command()
def alias(
    person: Who,
    label: Annotated[str, typer.Argument(help="A label as it is published.")],
    podcast: InPodcast = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """A label means a person, in one podcast or everywhere (one word only in a podcast)."""
    with service():
        decide(
            identify.alias,
            reason,
            actor,
            people={"person_id": person},
            label=label,
            podcast_id=chosen_podcast(podcast),
            as_json=as_json,
        )


@people_app.command()
def assign(  # noqa: PLR0917  an option each
    person: Who,
    episode: Annotated[int, typer.Option(help="The episode, by id.")],
    label: Annotated[str, typer.Option(help="The label of the speaker there.")],
    new: Annotated[bool, typer.Option("--new", help="Nobody of this name is known yet.")] = False,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """A speaker of one episode is a person, for as long as most of the text stays theirs."""

    def assigned(session: Session, *said: str, **more: Any) -> RecordedDecision:
        found = _new_person(session, person) if new else person_id(session, person)
        return identify.assign(session, *said, person_id=found, **more)

    with service():
        decide(assigned, reason, actor, episode_id=episode, label=label, as_json=as_json)


def _new_person(session: Session, said: str) -> int:
    name = read_name(said)
    if name is None:
        raise DecisionRefused("no_name", f"not a name: {said}")
    return ensure_people(session, [name])[name.key].id


@people_app.command("not-a-person")
def not_a_person(
    label: Annotated[str, typer.Argument(help="A label as it is published.")],
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """A label is nobody: in one episode, in one podcast, or everywhere."""
    with service():
        decide(
            identify.not_a_person,
            reason,
            actor,
            label=label,
            podcast_id=chosen_podcast(podcast),
            episode_id=episode,
            as_json=as_json,
        )


@people_app.command()
def suppress(person: Who, reason: Reason = "", actor: Actor = "", as_json: Json = False) -> None:
    """Show and count a person no more; what they said stays, as nobody's."""
    with service():
        one = {"person_id": person}
        decide(identify.suppress, reason, actor, people=one, as_json=as_json)


def _clear(
    what: Callable[..., RecordedDecision],
    person: str | None,
    label: str | None,
    podcast: str | None,
    episode: int | None,
    said: tuple[str, str, bool],
) -> None:
    """Release or hold a person, or whoever speaks under a label."""
    reason, actor, as_json = said
    if (person is None) == (label is None):
        raise typer.BadParameter("say a person, or --label")
    with service():
        decide(
            what,
            reason,
            actor,
            people={"person_id": person} if person else {},
            label=label,
            podcast_id=chosen_podcast(podcast),
            episode_id=episode,
            as_json=as_json,
        )


@people_app.command()
def release(  # noqa: PLR0917  an option each
    person: MaybeWho = None,
    label: Label = None,
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Let somebody out of quarantine: everywhere, in a podcast, or in an episode."""
    _clear(identify.release, person, label, podcast, episode, (reason, actor, as_json))


@people_app.command()
def quarantine(  # noqa: PLR0917  an option each
    person: MaybeWho = None,
    label: Label = None,
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Put somebody into quarantine: counted for nobody until released."""
    _clear(identify.quarantine, person, label, podcast, episode, (reason, actor, as_json))


@people_app.command()
def undo(
    event: Annotated[int, typer.Argument(help="The number of the event.")],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Take a decision back, whenever it was taken."""
    with service():
        decide(identify.undo, reason, actor, event_id=event, as_json=as_json)
