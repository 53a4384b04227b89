"""Commands that record identity decisions: merge, split, rename and the others, and undo."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer

from models.database import Session, database_time, in_transaction
from tasks.identity import decisions
from tasks.identity.store.lookup import has_episode, person_id
from tasks.speakers.decisions import DecisionRefused, RecordedDecision
from tasks.speakers.names.names import read_name
from tasks.speakers.store.people import ensure_people
from workers.cli.options import (
    Actor,
    InEpisode,
    InPodcast,
    Json,
    PersonName,
    Reason,
    current_actor,
    fail,
    optional_podcast_id,
)
from workers.cli.output import print_json
from workers.local.service import service
from workers.words import count

OptionalPerson = Annotated[str | None, typer.Argument(metavar="PERSON", help="Slug or name.")]
Label = Annotated[str | None, typer.Option("--label", help="A label as published.")]
LabelName = Annotated[str, typer.Argument(metavar="LABEL", help="A label as published.")]


def run_decision(
    decision: str | Callable[..., RecordedDecision | None],
    reason: str,
    actor: str,
    *,
    as_json: bool,
    people: dict[str, str] | None = None,
    **fields: Any,
) -> None:
    """Take a decision in a transaction of its own and print it; exit code 1 when it is refused.

    ``decision`` is a kind of decision, or a function that takes one. ``people`` are the arguments
    that name a person, by slug or name.
    """

    def take(session: Session) -> RecordedDecision | None:
        ids = {name: person_id(session, person) for name, person in (people or {}).items()}
        episode = fields.get("episode_id")
        if episode and not has_episode(session, episode):
            raise DecisionRefused("no_such_episode", f"no such episode: {episode}")
        function: Callable[..., RecordedDecision | None] = (
            partial(decisions.decide, kind=decision) if isinstance(decision, str) else decision
        )
        recorded: RecordedDecision | None = function(
            session,
            actor=actor or current_actor(),
            reason=reason,
            now=database_time(session),
            **ids,
            **fields,
        )
        return recorded

    try:
        recorded = in_transaction(take)
    except DecisionRefused as refused:
        fail(f"{refused.reason}: {refused}")
    _print_decision(recorded, as_json=as_json)


def _print_decision(recorded: RecordedDecision | None, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(recorded) if recorded else None)
    elif recorded:
        typer.echo(
            f"decision {recorded.id}: {recorded.kind}, {count(recorded.changed, 'speaker')} changed"
        )
    else:
        typer.echo("done; no identity decision was necessary")


def merge(
    person: PersonName,
    into: Annotated[
        str, typer.Argument(metavar="TARGET", help="The person who stays: slug or name.")
    ],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Merge a person into another; the old slug redirects to the new one."""
    with service(broker=False):
        people = {"person_id": person, "target_person_id": into}
        run_decision("merge", reason, actor, people=people, as_json=as_json)


def split(  # noqa: PLR0917  an option each
    person: PersonName,
    name: Annotated[str, typer.Option("--as", help="The name of the new person.")],
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Split off the speaker of one podcast or episode as another person."""
    with service(broker=False):
        run_decision(
            "split",
            reason,
            actor,
            people={"person_id": person},
            name=name,
            podcast_id=optional_podcast_id(podcast),
            episode_id=episode,
            as_json=as_json,
        )


def never_merge(
    person: PersonName,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other person: slug or name.")],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Mark two people as different, so that they can never be merged."""
    with service(broker=False):
        people = {"person_id": person, "target_person_id": other}
        run_decision("never_merge", reason, actor, people=people, as_json=as_json)


def rename(
    person: PersonName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to show.")],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Show a person under another name; the slug stays."""
    with service(broker=False):
        people = {"person_id": person}
        run_decision("rename", reason, actor, people=people, name=name, as_json=as_json)


def alias(
    person: PersonName,
    label: LabelName,
    podcast: InPodcast = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Resolve a label to a person, in a podcast or everywhere.

    A label of one word needs a podcast.
    """
    with service(broker=False):
        run_decision(
            "alias",
            reason,
            actor,
            people={"person_id": person},
            label=label,
            podcast_id=optional_podcast_id(podcast),
            as_json=as_json,
        )


def assign(  # noqa: PLR0917  an option each
    person: PersonName,
    episode: Annotated[int, typer.Option(help="The episode, by id.")],
    label: Annotated[str, typer.Option(help="The label of the speaker, as published.")],
    new: Annotated[bool, typer.Option("--new", help="Create the person.")] = False,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Assign a speaker of one episode to a person.

    The assignment follows the text: if the text moves, so does it, to the label with most of it.
    """

    def assign_to(session: Session, **fields: Any) -> RecordedDecision:
        target = _new_person(session, person) if new else person_id(session, person)
        return decisions.decide(session, "assign", person_id=target, **fields)

    with service(broker=False):
        run_decision(assign_to, reason, actor, episode_id=episode, label=label, as_json=as_json)


def _new_person(session: Session, person: str) -> int:
    name = read_name(person)
    if name is None:
        raise DecisionRefused("no_name", f"not a name: {person}")
    return ensure_people(session, [name])[name.key].id


def not_a_person(
    label: LabelName,
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Mark a label as not a person, in an episode, a podcast or everywhere."""
    with service(broker=False):
        run_decision(
            "not_a_person",
            reason,
            actor,
            label=label,
            podcast_id=optional_podcast_id(podcast),
            episode_id=episode,
            as_json=as_json,
        )


def suppress(
    person: PersonName, reason: Reason = "", actor: Actor = "", as_json: Json = False
) -> None:
    """Hide a person and stop counting their appearances.

    Their words stay in the transcripts, without a name.
    """
    with service(broker=False):
        people = {"person_id": person}
        run_decision("suppress", reason, actor, people=people, as_json=as_json)


def _change_quarantine(
    decision: str,
    person: str | None,
    label: str | None,
    podcast: str | None,
    episode: int | None,
    context: tuple[str, str, bool],
) -> None:
    """Quarantine or release a person, or the speakers with a label."""
    reason, actor, as_json = context
    if (person is None) == (label is None):
        raise typer.BadParameter("give either PERSON or --label")
    with service(broker=False):
        run_decision(
            decision,
            reason,
            actor,
            people={"person_id": person} if person else {},
            label=label,
            podcast_id=optional_podcast_id(podcast),
            episode_id=episode,
            as_json=as_json,
        )


def release(  # noqa: PLR0917  an option each
    person: OptionalPerson = None,
    label: Label = None,
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Release a person or label from quarantine."""
    _change_quarantine("release", person, label, podcast, episode, (reason, actor, as_json))


def quarantine(  # noqa: PLR0917  an option each
    person: OptionalPerson = None,
    label: Label = None,
    podcast: InPodcast = None,
    episode: InEpisode = None,
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Put a person or label into quarantine: named, but not counted."""
    _change_quarantine("quarantine", person, label, podcast, episode, (reason, actor, as_json))


def undo(
    decision: Annotated[
        int, typer.Argument(metavar="DECISION", help="The number of the decision.")
    ],
    reason: Reason = "",
    actor: Actor = "",
    as_json: Json = False,
) -> None:
    """Undo an identity decision by its number."""
    with service(broker=False):
        run_decision("undo", reason, actor, decision_id=decision, as_json=as_json)
