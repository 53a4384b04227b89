"""Commands that show what is known: people, person, speakers, podcasts, episodes, status."""

from typing import Annotated

import typer
from sqlmodel import Session

from models import Podcast
from models.database import database_time, in_transaction
from models.database.migrate import NEWEST_REVISION
from models.queries import coverage as about_voices
from models.queries import feeds as about_feeds
from models.queries import jobs as about_work
from models.queries import people as about_people
from models.queries import podcasts as about_podcasts
from tasks.http.redaction import public_url
from tasks.jobs.publisher import queue_length
from tasks.podcasts.store.find import find_podcast
from tasks.speakers.names.names import comparable
from workers.celery_app import QUEUES, app
from workers.cli.output import (
    Row,
    as_record,
    as_records,
    console,
    duration,
    errors,
    print_json,
    print_table,
    show,
)
from workers.cli.watch import watch
from workers.local.service import responding_workers, service

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=0, help="How many rows; 0 is all.")]
OfPodcast = Annotated[
    str | None, typer.Option("--podcast", help="Only this podcast: its address or id.")
]

EVENT_COLUMNS = ("id", "at", "kind", "person", "other", "label", "actor", "reason", "undone_by")
LABEL_COLUMNS = ("label", "method", "evidence", "status_reason", "appearances", "episodes")
QUARANTINED_COLUMNS = ("reason", "label", "podcast", "episodes", "appearances")


def chosen_podcast(said: str | None) -> int | None:
    """The id of the podcast that an option names; ends the command if there is none."""
    if said is None:
        return None
    podcast: Podcast | None = in_transaction(find_podcast, said)
    if podcast is None:
        errors.print(f"no such podcast: {public_url(said)}", markup=False, highlight=False)
        raise typer.Exit(1)
    return podcast.id


def people(podcast: OfPodcast = None, limit: Limit = 50, as_json: Json = False) -> None:
    """Everybody who speaks, by appearances (segments spoken)."""
    with service():
        chosen = chosen_podcast(podcast)
        rows = in_transaction(about_people.people, podcast_id=chosen, limit=limit)
    columns = ("name", "appearances", "episodes", "podcasts", "seconds", "slug")
    show(rows, columns, as_json=as_json)


def person(
    name: Annotated[str, typer.Argument(help="Slug or name.")], as_json: Json = False
) -> None:
    """One person: figures, podcasts, years, the labels they go by, and their latest words."""
    with service():
        slug = in_transaction(about_people.find_slug, name, comparable(name))
        found = in_transaction(about_people.person, slug) if slug else None
    if found is None:
        errors.print(f"no such person: {name}", markup=False, highlight=False)
        raise typer.Exit(1)
    if as_json:
        print_json(found)
        return
    _print_person(as_record(found))


def _print_person(found: Row) -> None:
    spoken = f", {_duration(found['seconds'])} of speech" if found["seconds"] else ""
    console.print(found["name"], style="bold", markup=False, highlight=False)
    console.print(
        f"{found['appearances']:,} appearances (segments spoken) in {found['episodes']:,} episodes "
        f"of {found['podcasts']:,} podcasts{spoken}, {found['first_on']} to {found['last_on']}",
        highlight=False,
    )
    console.print(
        f"{found['backchannel']:,} of them only show that they listen; titles and descriptions of "
        f"{found['mentioned_in']:,} episodes name them, {found['mentioned_silent']:,} of which do "
        "not hear them",
        highlight=False,
    )
    print_table(found["by_podcast"], ("title", "role", "appearances", "episodes", "seconds"))
    years = [row | {"year": str(row["year"])} for row in found["by_year"]]
    print_table(years, ("year", "appearances", "episodes"))
    print_table(found["labels"], LABEL_COLUMNS)
    if found["quarantined"]:
        print_table(found["quarantined"], QUARANTINED_COLUMNS, title="in quarantine")
    if found["events"]:
        print_table(found["events"], EVENT_COLUMNS, title="decisions")
    print_table(found["latest"], ("stats_date", "podcast", "episode", "text"))


def _duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:,.1f} hours"


def speakers(
    podcast: OfPodcast = None,
    episode: Annotated[int | None, typer.Option(help="Only this episode, by id.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Every label in every episode, and the person that it was resolved to, if any."""
    with service():
        chosen = chosen_podcast(podcast)
        rows = in_transaction(
            about_people.speakers, podcast_id=chosen, episode_id=episode, limit=limit
        )
    columns = ("episode_guid", "label", "person", "method", "reason", "status", "appearances")
    show(rows, columns, as_json=as_json)


def speech(
    podcast: OfPodcast = None,
    episodes: Annotated[
        bool, typer.Option("--episodes", help="By episode, the least known first.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """How much of what is said is somebody's: named, unknown, and in quarantine, by podcast."""
    ask = about_voices.unknown_by_episode if episodes else about_voices.unknown_by_podcast
    with service():
        chosen = chosen_podcast(podcast)
        rows = as_records(in_transaction(ask, chosen))
    if episodes:
        rows.sort(key=lambda row: (-row["unknown"] / max(row["appearances"], 1), row["id"]))
    shares = rows[: limit or None]
    columns = ("id", "title", "appearances", "named", "quarantined", "unknown")
    show(shares if as_json else [_in_shares(row) for row in shares], columns, as_json=as_json)


def _in_shares(row: Row) -> Row:
    total = max(row["appearances"], 1)
    parts = {part: f"{row[part] / total:.1%}" for part in ("named", "quarantined", "unknown")}
    return row | parts


def podcasts(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are pending or were refused.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """What is followed, and how its feeds fare."""
    with service():
        rows = as_records(
            in_transaction(about_podcasts.podcasts, everything=everything, limit=limit)
        )
    columns = ("id", "title", "state", "episodes", "appearances", "last_ok_at", "last_error")
    if not as_json:  # what was refused has no title, and is known by its address
        rows = [row | {"title": row["title"] or row["feed_url"]} for row in rows]
    show(rows, columns, as_json=as_json)


def episodes(podcast: OfPodcast = None, limit: Limit = 50, as_json: Json = False) -> None:
    """Episodes, and what became of each."""
    with service():
        chosen = chosen_podcast(podcast)
        rows = in_transaction(about_podcasts.episodes, podcast_id=chosen, limit=limit)
    columns = ("id", "title", "published_at", "state", "reason", "appearances")
    show(rows, columns, as_json=as_json)


def status(
    as_json: Json = False,
    watching: Annotated[bool, typer.Option("--watch", help="A live page, until Ctrl-C.")] = False,
) -> None:
    """The whole in figures, and the work that is not done."""
    with service():
        if watching:
            watch()
            return
        status_now = in_transaction(
            lambda session: about_work.status(session, database_time(session))
        )
        found = as_record(status_now)
        found |= in_transaction(_about_feeds)
        found |= {"workers": len(responding_workers()), "schema": NEWEST_REVISION}
        found |= {f"queue_{name}": queue_length(app, name) for name in QUEUES}
    if as_json:
        print_json(found)
    else:
        _print_status(found)


def _about_feeds(session: Session) -> Row:
    """How fresh everything is, and how many hubs tell us of it."""
    now = database_time(session)
    return {
        "freshness": as_record(about_feeds.freshness(session, now)),
        "subscriptions": as_records(about_feeds.subscriptions(session, now)),
    }


def _print_status(found: Row) -> None:
    waiting, halted = found.pop("jobs"), found.pop("paused_queues")
    requests, fresh = found.pop("requests"), found.pop("freshness")
    hubs = found.pop("subscriptions")
    print_table([{"figure": k.replace("_", " "), "number": v} for k, v in found.items()],
                ("figure", "number"))  # fmt: skip
    print_table(waiting, ("kind", "state", "jobs", "oldest"), title="work not done")
    if requests:
        columns = ("id", "stage", "state", "jobs", "jobs_left", "created_at")
        print_table(requests, columns, title="re-ingests")
    if halted:
        print_table(halted, ("name", "state", "since", "requested_by"), title="halted queues")
    if hubs:
        print_table(hubs, ("state", "subscriptions", "confirmed", "failing"), title="hubs")
    print_table(
        [{"from publication to": name, "p50": duration(fresh[f"{name}_p50_seconds"]),
          "p95": duration(fresh[f"{name}_p95_seconds"])} for name in ("seen", "counted")],
        ("from publication to", "p50", "p95"),
        title=f"freshness of {fresh['fresh_episodes']:,} episodes",
    )  # fmt: skip
