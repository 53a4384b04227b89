"""`overheard search`: all transcripts by words, as on the pages."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from models.database import Session, in_transaction
from models.queries.people import find_slug
from models.queries.person import PersonRow, person_of_slug
from models.queries.search import ConfirmedAppearance
from models.year_span import year_span
from tasks.search.find import SearchHit, SearchPage, SearchRequest, search
from tasks.search.index_searcher import IndexMissing
from tasks.search.values import Filters, Order, SearchRefused
from tasks.speakers.names.names import comparable
from workers.cli.options import Json, OfPodcast, fail, optional_podcast_id
from workers.cli.output import console, print_error, print_json
from workers.cli.similar_names import no_such_person, similar_people
from workers.local.index_folder import search_folder
from workers.local.service import service
from workers.words import count

Words = Annotated[
    list[str],
    typer.Argument(metavar="WORDS…", help='Words, "a phrase", begin*, OR, NOT, -word, (groups).'),
]
OfPerson = Annotated[str | None, typer.Option("--person", help="Spoken by this person only.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Up to this day.")]
Year = Annotated[
    int | None,
    typer.Option("--year", min=1, max=9999, help="In this year; wins over --since and --until."),
]
Newest = Annotated[bool, typer.Option("--newest", help="Newest first instead of best match.")]
MostHits = Annotated[int, typer.Option("--limit", min=1, max=1000, help="Maximum number of hits.")]


def search_words(  # noqa: PLR0913, PLR0917  each is an option
    words: Words,
    person: OfPerson = None,
    podcast: OfPodcast = None,
    since: Since = None,
    until: Until = None,
    year: Year = None,
    newest: Newest = False,
    limit: MostHits = 20,
    as_json: Json = False,
) -> None:
    """Search all transcripts by words."""
    with service(broker=False):
        first, last = year_span(year)
        filters = Filters(
            in_transaction(_person_id, person) if person else None,
            optional_podcast_id(podcast),
            None,
            first or (since.date() if since else None),
            last or (until.date() if until else None),
        )
        order = Order.date if newest else Order.relevance
        request = SearchRequest(_query(words), filters, order, limit=limit)
        found = _found(request, counts=not as_json)
    if as_json:
        print_json([_record(hit.appearance) for hit in found.hits])
    else:
        _print(found)


def _query(words: list[str]) -> str:
    """The query, in which an argument with a space was quoted for the shell: it is a phrase."""
    if len(words) == 1:
        return words[0]
    return " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)


def _person_id(session: Session, name: str) -> int:
    slug = find_slug(session, name, comparable(name))
    found = person_of_slug(session, slug) if slug else None
    if not isinstance(found, PersonRow):
        fail(no_such_person(name, similar_people(session, name)))
    return found.id


def _found(request: SearchRequest, *, counts: bool) -> SearchPage:
    try:
        return in_transaction(search, request, search_folder(), counts=counts)
    except SearchRefused as error:
        fail(f"invalid search: {error}")
    except IndexMissing:
        fail("there is no search index yet: it is built while the service runs (overheard up)")


def _record(one: ConfirmedAppearance) -> dict[str, Any]:
    row = asdict(one)
    return {name: value for name, value in row.items() if name not in {"person_id", "position"}}


def _print(found: SearchPage) -> None:
    for hit in found.hits:
        one = hit.appearance
        console.print(
            f"{one.person or one.label or 'Unknown'}, {one.podcast or 'Untitled'}, "
            f"{one.episode or 'Untitled'}, {one.stats_date}",
            style="dim",
            markup=False,
            highlight=False,
        )
        console.print(_words(hit))
    shown = f"{len(found.hits)} of {count(found.total, 'appearance')}"
    console.print(shown if found.hits else "nothing found", highlight=False)
    if len(found.years) > 1:
        years = ", ".join(f"{one.year}: {one.matches:,}" for one in found.years)
        among = f" of the newest {found.counted_among:,}" * (found.counted_among < found.total)
        console.print(f"by year{among}: {years}", highlight=False)
    if found.meant:
        print_error(f"did you mean: {found.meant}")
    if found.behind:
        print_error(f"the index lacks {found.behind:,} changed episodes")


def _words(hit: SearchHit) -> Text:
    text = Text()
    for piece in hit.pieces:
        text.append(piece.text, style="bold" if piece.highlighted else "")
    return text
