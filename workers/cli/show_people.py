"""Commands that show people: list, show."""

from models.database import in_transaction
from models.queries import people
from tasks.speakers.names.names import comparable
from workers.cli.options import Json, Limit, OfPodcast, PersonName, fail, optional_podcast_id
from workers.cli.output import FOLLOW_FIRST, Row, as_record, console, print_json, print_table, show
from workers.cli.similar_names import no_such_person, similar_people
from workers.local.service import service
from workers.words import count

DECISION_COLUMNS = ("id", "at", "kind", "person", "other", "label", "actor", "reason", "undone_by")
_LABEL_COLUMNS = ("label", "method", "evidence", "status_reason", "appearances", "episodes")
_QUARANTINE_COLUMNS = ("reason", "label", "podcast", "episodes", "appearances")


def list_people(podcast: OfPodcast = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List people by appearances (segments spoken)."""
    with service(broker=False):
        podcast_id = optional_podcast_id(podcast)
        rows = in_transaction(people.people, podcast_id=podcast_id, limit=limit)
    columns = ("name", "appearances", "episodes", "podcasts", "seconds", "slug")
    show(rows, columns, as_json=as_json, limit=limit, next_step=FOLLOW_FIRST)


def show_person(person: PersonName, as_json: Json = False) -> None:
    """Show a person: counts, podcasts, years, labels, latest quotes."""
    with service(broker=False):
        slug = in_transaction(people.find_slug, person, comparable(person))
        row = in_transaction(people.person, slug) if slug else None
        similar = [] if row else in_transaction(similar_people, person)
    if row is None:
        fail(no_such_person(person, similar))
    if as_json:
        print_json(row)
    else:
        _print_person(as_record(row))


def _print_person(person: Row) -> None:
    spoken = f", {_spoken_time(person['seconds'])} of speech" if person["seconds"] else ""
    if spoken and person["timed_episodes"] < person["episodes"]:
        spoken += (
            f" (timed in {person['timed_episodes']:,} of {count(person['episodes'], 'episode')})"
        )
    console.print(person["name"], style="bold", markup=False, highlight=False)
    console.print(
        f"{count(person['appearances'], 'appearance')} (segments spoken) "
        f"in {count(person['episodes'], 'episode')} "
        f"of {count(person['podcasts'], 'podcast')}{spoken}, "
        f"{person['first_on']} to {person['last_on']}",
        highlight=False,
    )
    console.print(
        f'{person["backchannel"]:,} of them are listener responses such as "Yeah, exactly"; '
        f"named in title or description of {count(person['mentioned_in'], 'episode')}, "
        f"{person['mentioned_silent']:,} of these without an appearance",
        highlight=False,
    )
    print_table(person["by_podcast"], ("title", "role", "appearances", "episodes", "seconds"))
    years = [row | {"year": str(row["year"])} for row in person["by_year"]]
    print_table(years, ("year", "appearances", "episodes"))
    print_table(person["labels"], _LABEL_COLUMNS)
    if person["quarantined"]:
        print_table(person["quarantined"], _QUARANTINE_COLUMNS, title="in quarantine")
    if person["decisions"]:
        print_table(person["decisions"], DECISION_COLUMNS, title="identity decisions")
    print_table(person["latest"], ("stats_date", "podcast", "episode", "text"))


def _spoken_time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:,.1f} hours"
